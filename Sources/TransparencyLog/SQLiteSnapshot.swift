internal import GRDB
internal import OpenSSL

/// A read transaction.
struct SQLiteSnapshot: LogSnapshot {
    let database: Database

    func tile(level: Int, index: UInt64) throws -> [UInt8] {
        if let stored = try storedTile(level: level, index: index) { return stored }
        guard level == 0 else { return [] }
        // Level 0 is stored once it is full; until then the entries have the hashes.
        let hashes = try database.cachedStatement(
            sql: "SELECT leaf_hash FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx")
        let (first, isTooFar) = index.multipliedReportingOverflow(by: UInt64(HashTile.width))
        guard !isTooFar else { return [] }
        let rows = try Row.fetchCursor(
            hashes, arguments: [SQLiteSchema.column(first), SQLiteSchema.column(first) + Int64(HashTile.width)])
        var bytes: [UInt8] = []
        while let row = try rows.next() { try row.digest(0).append(to: &bytes) }
        return bytes
    }

    /// The bytes of a tile that has a row of its own; nil when there is none.
    func storedTile(level: Int, index: UInt64) throws -> [UInt8]? {
        let statement = try database.cachedStatement(sql: "SELECT bytes FROM tile WHERE level = ? AND n = ?")
        return try Row.fetchOne(statement, arguments: [level, SQLiteSchema.column(index)])?.bytes(0)
    }

    func entries(in range: Range<UInt64>, byteCount: Int) throws -> [StoredEntry] {
        let statement = try database.cachedStatement(
            sql: "SELECT idx, leaf_hash, leaf FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx")
        let rows = try Row.fetchCursor(
            statement, arguments: [SQLiteSchema.column(range.lowerBound), SQLiteSchema.column(range.upperBound)])
        var (entries, total) = ([StoredEntry](), 0)
        while total < byteCount || entries.isEmpty, let row = try rows.next() {
            let entry = StoredEntry(
                index: try row.leafIndex(0), record: try row.bytes(2), leafHash: try row.digest(1))
            total += entry.record.count
            entries.append(entry)
        }
        return entries
    }

    func index(forKey key: SHA256Digest) throws -> LeafIndex? {
        let statement = try database.cachedStatement(sql: "SELECT idx FROM dedup WHERE key = ?")
        return try Row.fetchOne(statement, arguments: [key.bytes.blob])?.leafIndex(0)
    }

    func index(ofLeafHash hash: SHA256Digest) throws -> LeafIndex? {
        // The index has only eight bytes of the hash, so each candidate is compared whole.
        let statement = try database.cachedStatement(
            sql: """
                SELECT leafidx.idx, entry.leaf_hash FROM leafidx JOIN entry ON entry.idx = leafidx.idx
                WHERE leafidx.prefix = ? ORDER BY leafidx.idx
                """)
        let rows = try Row.fetchCursor(statement, arguments: [SQLiteSchema.prefix(of: hash)])
        while let row = try rows.next() {
            guard try row.digest(1) == hash else { continue }
            return try row.leafIndex(0)
        }
        return nil
    }

    func attachment(_ digest: SHA256Digest) throws -> [UInt8]? {
        let statement = try database.cachedStatement(sql: "SELECT der FROM issuer WHERE fp = ?")
        guard let bytes = try Row.fetchOne(statement, arguments: [digest.bytes.blob])?.bytes(0) else { return nil }
        guard SHA256Digest(hashing: bytes) == digest else {
            throw StoreRefusal.damaged("the issuer row \(digest.hex) has other bytes")
        }
        return bytes
    }
}
