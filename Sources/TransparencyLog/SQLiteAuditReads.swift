internal import GRDB
internal import OpenSSL

/// A stored checkpoint row as its columns say, unverified.
struct StoredCheckpoint {
    let size: UInt64
    let timestamp: UInt64
    let note: [UInt8]
    let latestTimestamp: UInt64
    let latestNote: [UInt8]
}

/// What only an audit reads.
extension SQLiteSnapshot {
    /// The leaf hashes at positions in a range, in order; throws where a position is missing.
    func leafHashes(in range: Range<UInt64>) throws -> [SHA256Digest] {
        let statement = try database.cachedStatement(
            sql: "SELECT idx, leaf_hash FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx")
        let rows = try Row.fetchCursor(
            statement, arguments: [SQLiteSchema.column(range.lowerBound), SQLiteSchema.column(range.upperBound)])
        var hashes: [SHA256Digest] = []
        hashes.reserveCapacity(HashTile.width)
        while let row = try rows.next() {
            let expected = range.lowerBound + UInt64(hashes.count)
            guard try row.number(0) == expected else { throw StoreRefusal.damaged("entry \(expected) is missing") }
            do { hashes.append(try row.digest(1)) } catch {
                throw StoreRefusal.damaged("the leaf hash of entry \(expected) cannot be read")
            }
        }
        guard hashes.count == range.count else {
            throw StoreRefusal.damaged("entry \(range.lowerBound + UInt64(hashes.count)) is missing")
        }
        return hashes
    }

    /// The stored checkpoints of sizes in a range, smallest first.
    func checkpoints(in range: ClosedRange<UInt64>) throws -> [StoredCheckpoint] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT tree_size, timestamp, note, latest_timestamp, latest_note FROM checkpoint
                WHERE tree_size >= ? AND tree_size <= ? ORDER BY tree_size
                """)
        return try Row.fetchAll(
            statement, arguments: [SQLiteSchema.column(range.lowerBound), SQLiteSchema.column(range.upperBound)]
        ).map { row in
            StoredCheckpoint(
                size: try row.number(0), timestamp: try row.number(1), note: try row.bytes(2),
                latestTimestamp: try row.number(3), latestNote: try row.bytes(4))
        }
    }

    /// The smallest of the newest `count` sizes of which a checkpoint is kept; 0 when there are fewer.
    func firstCheckpointSize(ofLast count: Int) throws -> UInt64 {
        let sql = "SELECT tree_size FROM checkpoint ORDER BY tree_size DESC LIMIT 1 OFFSET ?"
        return try Row.fetchOne(database, sql: sql, arguments: [max(0, count - 1)])?.number(0) ?? 0
    }

    /// Throws `damaged` unless the entries run from 0 to before the head's size.
    func requireBounds(of head: TreeHead) throws {
        let sql = "SELECT coalesce(min(idx), 0), coalesce(max(idx), -1) FROM entry"
        guard let row = try Row.fetchOne(database, sql: sql) else { return }
        let low = try row.decode(Int64.self, atIndex: 0)
        let high = try row.decode(Int64.self, atIndex: 1)
        guard low == 0, high == SQLiteSchema.column(head.size.value) - 1 else {
            throw StoreRefusal.damaged(
                "the entries run from \(low) to \(high), but the head's size is \(head.size.value)")
        }
    }

    /// How many rows one of the tables has that stand for entries.
    func rowCount(of table: EntryTable) throws -> UInt64 {
        UInt64(clamping: try Int64.fetchOne(database, sql: "SELECT count(*) FROM \(table.rawValue)") ?? 0)
    }

    /// The tables with one row for each entry.
    enum EntryTable: String, CaseIterable {
        case entry, dedup, leafidx
    }

    /// How many tiles are stored at each level.
    func tileCounts() throws -> [Int: UInt64] {
        var counts: [Int: UInt64] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT level, count(*) FROM tile GROUP BY level") {
            counts[Int(clamping: try row.number(0))] = try row.number(1)
        }
        return counts
    }

    /// Throws `damaged` for the first attachment or accepted root whose bytes are not those of its digest.
    func requireSoundAttachments() throws {
        for (table, name) in [("issuer", "the issuer row"), ("root", "the accepted root")] {
            let rows = try Row.fetchCursor(database, sql: "SELECT fp, der FROM \(table)")
            while let row = try rows.next() {
                let digest = try row.digest(0)
                guard SHA256Digest(hashing: try row.bytes(1)) == digest else {
                    throw StoreRefusal.damaged("\(name) \(digest.hex) has other bytes")
                }
            }
        }
    }

    /// SQLite's own look at its pages; throws `damaged` with its first complaint.
    func quickCheck() throws {
        let answer = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "nothing"
        guard answer == "ok" else { throw StoreRefusal.damaged("SQLite's quick check says: \(answer)") }
    }
}
