internal import OpenSSL

/// Start-up check 11: what the guard saw against what is stored (transparency-log 3.4, 3.5).
struct GuardComparison {
    let path: String
    let record: GuardRecord
    let description: LogDescription
    let key: PublicKey

    /// Throws when the store is older than what the guard saw (`rolledBack`), another history (`forked`), or when the
    /// guard is no guard of this log.
    ///
    /// `tile` reads the stored tree of `head`.
    func run(head: TreeHead, tile: @escaping HashReader.TileSource) throws {
        let seen = try seenHead()
        guard seen.timestamp <= head.timestamp, seen.size <= head.size else {
            throw StoreRefusal.rolledBack(storedSize: head.size.value, exposedSize: seen.size.value)
        }
        guard seen.size < head.size else {
            guard seen.root == head.root else { throw StoreRefusal.forked(size: head.size.value) }
            return
        }
        var reader = HashReader(size: head.size, source: tile)
        let proof = try? ConsistencyProof(from: seen.size, to: head.size, reader: &reader)
        guard let proof, proof.isValid(from: seen.size, root: seen.root, to: head.size, root: head.root) else {
            throw StoreRefusal.forked(size: seen.size.value)
        }
    }

    /// The head in the guard's note; throws when the note is not one of this log.
    func seenHead() throws(StoreRefusal) -> TreeHead {
        do {
            return try Checkpoint(parsing: record.note, origin: description.origin, key: key).signedTreeHead.head
        } catch {
            throw .guardDamaged(path: path, what: "its checkpoint is not this log's: \(error)")
        }
    }
}
