internal import OpenSSL

/// Builds the next state of the log and proves it before it is signed (transparency-log 3.4 W5 and W6).
struct BatchBuilder {
    let base: LogState
    let format: RecordFormat

    /// A batch without its signature.
    struct Built {
        let head: TreeHead
        let peaks: Peaks
        let edge: TreeEdge
        let entries: [LogBatch.Entry]
        let sequenced: [(key: SHA256Digest, entry: SequencedEntry)]
        let tiles: [TreeEdge.ChangedTile]
        let attachments: [SHA256Digest: [UInt8]]
        /// Submissions that cannot be encoded; they have no part in the batch.
        let refused: [SHA256Digest]
    }

    /// Gives each submission the next index and `timestamp`; works on copies only.
    ///
    /// Throws `Contradiction` when two ways to the same hash differ: then memory or code is broken.
    func build(_ submissions: [Submission], timestamp: Timestamp) throws -> Built {
        var peaks = base.peaks
        var entries: [LogBatch.Entry] = []
        var sequenced: [(key: SHA256Digest, entry: SequencedEntry)] = []
        var (attachments, refused) = ([SHA256Digest: [UInt8]](), [SHA256Digest]())
        var leafHashes: [SHA256Digest] = []
        for submission in submissions {
            guard let index = LeafIndex(peaks.size.value) else { throw LogIsFull() }
            guard let record = try? submission.record(index, timestamp) else {
                refused.append(submission.key)
                continue
            }
            let leafHash = MerkleTree.leafHash(of: record.leafInput)
            try peaks.append(leafHash)
            let stored = StoredEntry(index: index, record: record.bytes, leafHash: leafHash)
            entries.append(LogBatch.Entry(stored: stored, key: submission.key))
            let entry = SequencedEntry(
                index: index, timestamp: timestamp, record: record.bytes, leafInput: record.leafInput)
            sequenced.append((submission.key, entry))
            let digests = submission.attachments.map { SHA256Digest(hashing: $0) }
            leafHashes.append(try verify(stored, of: submission, attachments: digests, at: timestamp))
            for (digest, bytes) in zip(digests, submission.attachments) { attachments[digest] = bytes }
        }
        let head = TreeHead(size: peaks.size, root: peaks.root, timestamp: timestamp)
        let (edge, tiles) = try verifyTree(head, leafHashes: leafHashes)
        return Built(
            head: head, peaks: peaks, edge: edge, entries: entries, sequenced: sequenced, tiles: tiles,
            attachments: attachments, refused: refused)
    }

    /// Something about to be signed does not follow from what is about to be stored (I7).
    struct Contradiction: Error {
        let what: String
    }

    /// Reads the record back and compares every field with what was asked for; answers the leaf hash of what was read.
    private func verify(
        _ stored: StoredEntry, of submission: Submission, attachments: [SHA256Digest], at timestamp: Timestamp
    ) throws -> SHA256Digest {
        let parsed = try format.parse(stored.record)
        let leafHash = MerkleTree.leafHash(of: parsed.leafInput)
        guard parsed.identity == submission.identity, parsed.index == stored.index, parsed.timestamp == timestamp,
            parsed.attachments == attachments, SHA256Digest(hashing: parsed.identity) == submission.key,
            leafHash == stored.leafHash
        else { throw Contradiction(what: "record \(stored.index.value) does not say what was submitted") }
        return leafHash
    }

    /// Computes the root a second way, from the records through the tiles, and proves that the old tree is its
    /// beginning.
    ///
    /// `leafHashes` are those of the records as they were read back, not those that the first way was given.
    private func verifyTree(
        _ head: TreeHead, leafHashes: [SHA256Digest]
    ) throws -> (edge: TreeEdge, tiles: [TreeEdge.ChangedTile]) {
        var edge = base.edge
        let tiles = try edge.append(leafHashes)
        guard edge.size == head.size, edge.root == head.root else {
            throw Contradiction(what: "two computations of the root of size \(head.size.value) differ")
        }
        let old = base.signedTreeHead.head
        let touched = Dictionary(tiles.map { (Place(level: $0.level, index: $0.index), $0.bytes) }) { $1 }
        var reader = HashReader(size: head.size) { [oldEdge = base.edge] level, index in
            if let bytes = touched[Place(level: level, index: index)] { return bytes }
            let bytes = edge.tile(level: level, index: index)
            return bytes.isEmpty ? oldEdge.tile(level: level, index: index) : bytes
        }
        let proof = try ConsistencyProof(from: old.size, to: head.size, reader: &reader)
        guard proof.isValid(from: old.size, root: old.root, to: head.size, root: head.root) else {
            throw Contradiction(what: "the tree of size \(old.size.value) is not the beginning of the new one")
        }
        return (edge, tiles)
    }

    private struct Place: Hashable {
        let level: Int
        let index: UInt64
    }
}
