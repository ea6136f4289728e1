internal import GRDB
internal import OpenSSL

/// Writes one batch in one transaction, in the order of transparency-log 3.4 W8.
struct SQLiteBatchWriter {
    let database: Database
    let format: RecordFormat

    /// Another process moved the head, or something that must be new was there already.
    struct Conflict: Error {
        let what: String
    }

    func write(_ batch: LogBatch) throws(CommitFailure) {
        do {
            try database.beginTransaction(.immediate)
            try compareHead(with: batch.base)
            try insertAttachments(batch.attachments)
            try insertEntries(batch.entries)
            try upsertTiles(batch.tiles)
            try moveHead(batch)
            try insertCheckpoint(batch)
            try upsert(batch.cosignatures)
            try Self.raiseShown(to: batch.shown, database)
            try readBack(batch)
        } catch {
            throw rollBack(after: error)
        }
        // Whatever COMMIT answers but success, the batch may be durable or not: nobody here may find out (I12).
        do { try database.commit() } catch { throw .unknown(error) }
    }

    /// Writes cosignatures in a transaction of their own, with the size that is shown because of them.
    func write(_ cosignatures: [KeptCosignature], shown: TreeSize?) throws(CommitFailure) {
        do {
            try database.beginTransaction(.immediate)
            try upsert(cosignatures)
            try Self.raiseShown(to: shown, database)
        } catch {
            throw rollBack(after: error)
        }
        do { try database.commit() } catch { throw .unknown(error) }
    }

    /// Remembers what is shown from now on, if heads need a quorum; the size never goes back.
    static func raiseShown(to size: TreeSize?, _ database: Database) throws {
        guard let size else { return }
        try database.execute(
            sql: "UPDATE meta SET value = CAST(max(CAST(value AS INTEGER), ?) AS TEXT) WHERE key = ?",
            arguments: [SQLiteSchema.column(size.value), SQLiteSchema.MetaKey.withholding])
    }

    private func upsert(_ cosignatures: [KeptCosignature]) throws {
        for kept in cosignatures {
            let line = kept.cosignature.line
            try database.execute(
                sql: """
                    INSERT INTO cosig (tree_size, name, key_id, time, line) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (tree_size, name, key_id) DO UPDATE SET time = excluded.time, line = excluded.line
                    """,
                arguments: [
                    SQLiteSchema.column(kept.size.value), line.name, line.keyID.blob,
                    SQLiteSchema.column(kept.cosignature.time), line.bytes.blob,
                ])
        }
    }

    private func compareHead(with base: LogState) throws {
        let find = try database.cachedStatement(sql: "SELECT epoch, tree_size, root FROM head WHERE id = 1")
        let row = try Row.fetchOne(find)
        let head = base.signedTreeHead.head
        guard let row, try row.number(0) == base.epoch, try row.number(1) == head.size.value,
            try row.digest(2) == head.root
        else { throw Conflict(what: "the stored head is not the one that this process committed last") }
    }

    private func insertAttachments(_ attachments: [SHA256Digest: [UInt8]]) throws {
        let find = try database.cachedStatement(sql: "SELECT der FROM issuer WHERE fp = ?")
        let insert = try database.cachedStatement(sql: "INSERT INTO issuer (fp, der) VALUES (?, ?)")
        for (digest, bytes) in attachments {
            if let row = try Row.fetchOne(find, arguments: [digest.bytes.blob]) {
                guard try row.bytes(0) == bytes else { throw Conflict(what: "issuer \(digest.hex) has other bytes") }
            } else {
                try insert.execute(arguments: [digest.bytes.blob, bytes.blob])
            }
        }
    }

    private func insertEntries(_ entries: [LogBatch.Entry]) throws {
        let entry = try database.cachedStatement(sql: "INSERT INTO entry (idx, leaf_hash, leaf) VALUES (?, ?, ?)")
        let dedup = try database.cachedStatement(sql: "INSERT INTO dedup (key, idx) VALUES (?, ?)")
        let leafidx = try database.cachedStatement(sql: "INSERT INTO leafidx (prefix, idx) VALUES (?, ?)")
        for new in entries {
            let index = SQLiteSchema.column(new.stored.index.value)
            try entry.execute(arguments: [index, new.stored.leafHash.bytes.blob, new.stored.record.blob])
            try dedup.execute(arguments: [new.key.bytes.blob, index])
            try leafidx.execute(arguments: [SQLiteSchema.prefix(of: new.stored.leafHash), index])
        }
    }

    private func upsertTiles(_ tiles: [TreeEdge.ChangedTile]) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO tile (level, n, bytes) VALUES (?, ?, ?)
                ON CONFLICT (level, n) DO UPDATE SET bytes = excluded.bytes
                """)
        for tile in tiles {
            try statement.execute(arguments: [tile.level, SQLiteSchema.column(tile.index), tile.bytes.blob])
        }
    }

    private func moveHead(_ batch: LogBatch) throws {
        let head = batch.next.signedTreeHead.head
        let move = try database.cachedStatement(
            sql: """
                UPDATE head SET epoch = ?, tree_size = ?, root = ?, timestamp = ?, peaks = ?, note = ?, batch_id = ?
                WHERE id = 1 AND epoch = ?
                """)
        try move.execute(
            arguments: [
                SQLiteSchema.column(batch.next.epoch), SQLiteSchema.column(head.size.value), head.root.bytes.blob,
                SQLiteSchema.column(head.timestamp.milliseconds), batch.next.peaks.bytes.blob, batch.note.blob,
                try RandomBytes.generate(count: 16).blob, SQLiteSchema.column(batch.base.epoch),
            ])
        guard database.changesCount == 1 else { throw Conflict(what: "the head moved during the transaction") }
    }

    /// A head of an unchanged size replaces the latest note of that size only, so that an idle log does not grow.
    private func insertCheckpoint(_ batch: LogBatch) throws {
        let head = batch.next.signedTreeHead.head
        let time = SQLiteSchema.column(head.timestamp.milliseconds)
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO checkpoint (tree_size, timestamp, note, latest_timestamp, latest_note)
                VALUES (?, ?, ?, ?, ?) ON CONFLICT (tree_size) DO UPDATE
                SET latest_timestamp = excluded.latest_timestamp, latest_note = excluded.latest_note
                """)
        try insert.execute(
            arguments: [SQLiteSchema.column(head.size.value), time, batch.note.blob, time, batch.note.blob])
    }

    /// Reads what is about to be committed as the database has it, and recomputes hashes and root from that.
    ///
    /// A bit that flipped between the last check and the database's own pages would be in the signed tree for ever.
    private func readBack(_ batch: LogBatch) throws {
        let (size, next) = (batch.base.signedTreeHead.head.size.value, batch.next.signedTreeHead.head)
        let stored = try SQLiteSnapshot(database: database).entries(in: size..<next.size.value, byteCount: .max)
        guard stored == batch.entries.map(\.stored) else {
            throw Conflict(what: "entries were stored with other bytes")
        }
        var peaks = batch.base.peaks
        for entry in stored {
            _ = try EntryCheck.parse(entry, format)
            try peaks.append(entry.leafHash)
        }
        let head = try database.cachedStatement(sql: "SELECT tree_size, root, note, peaks FROM head WHERE id = 1")
        guard let row = try Row.fetchOne(head), peaks.root == next.root, try row.number(0) == peaks.size.value,
            try row.digest(1) == next.root, try row.bytes(2) == batch.note, try row.bytes(3) == peaks.bytes
        else { throw Conflict(what: "the head was stored with other bytes") }
        for tile in batch.tiles {
            let bytes = try SQLiteSnapshot(database: database).storedTile(level: tile.level, index: tile.index)
            guard bytes == tile.bytes else { throw Conflict(what: "a tile was stored with other bytes") }
        }
    }

    /// Undoes the transaction and says what the error means for the batches to come.
    private func rollBack(after error: any Error) -> CommitFailure {
        let failure: CommitFailure =
            switch error {
            case let conflict as Conflict: .conflict(conflict.what)
            case let refusal as StoreRefusal: .conflict("what was stored does not read back: \(refusal)")
            case let error as DatabaseError: Self.meaning(of: error)
            default: .unknown(error)
            }
        guard database.isInsideTransaction else { return failure }
        do { try database.rollback() } catch { return .unknown(error) }
        return failure
    }

    private static func meaning(of error: DatabaseError) -> CommitFailure {
        switch error.resultCode {
        case .SQLITE_CONSTRAINT: .conflict("a row that must be new was there: \(error.message ?? "no details")")
        case .SQLITE_FULL, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_READONLY, .SQLITE_NOMEM, .SQLITE_INTERRUPT:
            .rolledBack(error)
        // A medium that failed once may drop what it promised before (R-13).
        default: .unknown(error)
        }
    }
}
