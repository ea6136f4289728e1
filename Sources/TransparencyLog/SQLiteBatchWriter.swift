internal import GRDB
internal import OpenSSL

/// Writes one batch in one transaction, in the order of transparency-log 3.4 W8.
struct SQLiteBatchWriter {
    let database: Database

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
        } catch {
            throw rollBack(after: error)
        }
        // Whatever COMMIT answers but success, the batch may be durable or not: nobody here may find out (I12).
        do { try database.commit() } catch { throw .unknown(error) }
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

    /// Undoes the transaction and says what the error means for the batches to come.
    private func rollBack(after error: any Error) -> CommitFailure {
        let failure: CommitFailure =
            switch error {
            case let conflict as Conflict: .conflict(conflict.what)
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
