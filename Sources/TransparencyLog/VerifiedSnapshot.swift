internal import OpenSSL

/// A view that answers only what verifies: damaged objects throw and all others are served (transparency-log 3.5).
struct VerifiedSnapshot: LogSnapshot {
    let snapshot: SQLiteSnapshot
    let format: RecordFormat

    func tile(level: Int, index: UInt64) throws -> [UInt8] {
        let bytes = try snapshot.tile(level: level, index: index)
        guard bytes.count == HashTile.byteCount else { return bytes }
        let parent = try snapshot.tile(level: level + 1, index: index >> 8)
        let root = MerkleTree.root(ofLeafHashes: HashTile.hashes(in: bytes))
        guard HashTile.hash(at: Int(index & 255), in: parent) == root else {
            throw StoreRefusal.damaged("tile \(index) of level \(level) does not hash to its parent")
        }
        return bytes
    }

    func entries(in range: Range<UInt64>, byteCount: Int) throws -> [StoredEntry] {
        let entries = try snapshot.entries(in: range, byteCount: byteCount)
        for entry in entries { _ = try EntryCheck.parse(entry, format) }
        return entries
    }

    func index(forKey key: SHA256Digest) throws -> LeafIndex? { try snapshot.index(forKey: key) }
    func index(ofLeafHash hash: SHA256Digest) throws -> LeafIndex? { try snapshot.index(ofLeafHash: hash) }
    func attachment(_ digest: SHA256Digest) throws -> [UInt8]? { try snapshot.attachment(digest) }
}
