internal import OpenSSL

/// Recomputes a stored tree from its beginning, one data tile at a time (transparency-log 3.5, item 9 and "Scrubber").
///
/// Each step reads one snapshot of its own; since a log only ever grows, steps over different snapshots make one audit.
/// Throws `StoreRefusal.damaged` for the first thing that is wrong and names it.
struct TreeAudit: Sendable {
    /// How much of an entry is recomputed.
    enum Depth: Hashable, Sendable {
        /// The tree over the stored leaf hashes: what the start does.
        case hashes
        /// Each leaf hash from its record, with the rows that find the entry and what it refers to.
        case records
        /// The same with the signatures of what was submitted, which no hash of the tree covers.
        case signatures
    }

    let depth: Depth
    /// The smallest size of which stored checkpoints are looked at.
    let firstCheckpointSize: UInt64
    let description: LogDescription
    let key: PublicKey
    let format: RecordFormat

    /// The peaks over the leaves looked at so far.
    private(set) var peaks: Peaks

    /// How many checkpoints and tiles were found right so far.
    private(set) var checkpointCount: UInt64 = 0
    private(set) var tileCount: UInt64 = 0

    /// Bytes of records that the last step read.
    private(set) var lastStepByteCount = 0

    /// An audit that begins after `peaks`, whose size is a multiple of 256.
    init(
        depth: Depth, firstCheckpointSize: UInt64 = 0, description: LogDescription, key: PublicKey,
        format: RecordFormat, after peaks: Peaks = Peaks()
    ) {
        self.firstCheckpointSize = firstCheckpointSize
        (self.depth, self.description, self.key, self.format) = (depth, description, key, format)
        self.peaks = peaks
    }

    /// Leaves looked at so far.
    var position: UInt64 { peaks.size.value }

    /// Whether everything below `head` was looked at.
    func isComplete(for head: TreeHead) -> Bool { position >= head.size.value }

    /// Looks at the leaves up to the next multiple of 256 or the end of the tree of `head`.
    ///
    /// A step that ends elsewhere than at a multiple of 256 is the last.
    mutating func advance(in snapshot: SQLiteSnapshot, head: TreeHead) throws {
        let start = position
        let width = UInt64(HashTile.width)
        let end = min(start + width, head.size.value)
        if start == 0 { try verify(try checkpoints(in: 0...0, snapshot), root: MerkleTree.emptyRoot) }
        guard start < end else { return }
        let hashes = try leafHashes(in: start..<end, snapshot, head)
        let checkpoints = try checkpoints(in: (start + 1)...end, snapshot)
        if end - start == width {
            try verifyTiles(above: hashes, start: start, snapshot)
        }
        guard end - start == width, checkpoints.allSatisfy({ $0.size == end }) else {
            var left = checkpoints[...]
            for hash in hashes {
                try peaks.append(hash)
                let here = left.prefix { $0.size == peaks.size.value }
                guard !here.isEmpty else { continue }
                try verify(Array(here), root: peaks.root)
                left = left.dropFirst(here.count)
            }
            return
        }
        try peaks.append(subtree: MerkleTree.root(ofLeafHashes: hashes), height: 8)
        try verify(checkpoints, root: peaks.root)
    }

    /// What only the whole tree can tell, once `isComplete`: the root of the head, and that nothing is there besides.
    func finish(in snapshot: SQLiteSnapshot, head: TreeHead) throws {
        guard peaks.size == head.size, peaks.root == head.root else {
            throw StoreRefusal.damaged("the entries do not make the root of the head of size \(head.size.value)")
        }
        try snapshot.requireBounds(of: head)
        try verifyShapes(head, snapshot)
        guard depth != .hashes else { return }
        for table in SQLiteSnapshot.EntryTable.allCases {
            let count = try snapshot.rowCount(of: table)
            guard count == head.size.value else {
                throw StoreRefusal.damaged(
                    "table \(table.rawValue) has \(count) rows for \(head.size.value) entries")
            }
        }
        try snapshot.requireSoundAttachments()
    }

    private func checkpoints(in range: ClosedRange<UInt64>, _ snapshot: SQLiteSnapshot) throws -> [StoredCheckpoint] {
        guard range.upperBound >= firstCheckpointSize else { return [] }
        return try snapshot.checkpoints(in: max(range.lowerBound, firstCheckpointSize)...range.upperBound)
    }

    private mutating func leafHashes(
        in range: Range<UInt64>, _ snapshot: SQLiteSnapshot, _ head: TreeHead
    ) throws -> [SHA256Digest] {
        lastStepByteCount = range.count * SHA256Digest.byteCount
        guard depth != .hashes else { return try snapshot.leafHashes(in: range) }
        let check = EntryCheck(format: format, closeness: depth == .signatures ? .signatures : .structure)
        let entries: [StoredEntry]
        do {
            entries = try snapshot.entries(in: range, byteCount: .max)
        } catch let refusal as StoreRefusal {
            throw StoreRefusal.damaged("an entry from \(range.lowerBound) to \(range.upperBound - 1): \(refusal)")
        }
        var attachments: Set<SHA256Digest> = []
        for (index, entry) in zip(range, entries) {
            guard entry.index.value == index else { throw StoreRefusal.damaged("entry \(index) is missing") }
            try check.run(entry, in: snapshot, head: head, attachments: &attachments)
            lastStepByteCount += entry.record.count
        }
        guard entries.count == range.count else {
            throw StoreRefusal.damaged("entry \(range.lowerBound + UInt64(entries.count)) is missing")
        }
        return entries.map(\.leafHash)
    }

    /// Compares the full tile over these leaves with what is stored, and then its parents as far as they are full.
    private mutating func verifyTiles(above leaves: [SHA256Digest], start: UInt64, _ snapshot: SQLiteSnapshot) throws {
        var (level, index) = (0, start >> 8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(HashTile.byteCount)
        for hash in leaves { hash.append(to: &bytes) }
        guard try snapshot.storedTile(level: 0, index: index) == bytes else {
            throw StoreRefusal.damaged("tile \(index) of level 0 is not what the entries make")
        }
        tileCount += 1
        var root = MerkleTree.root(ofLeafHashes: leaves)
        while true {
            let parent = try snapshot.tile(level: level + 1, index: index >> 8)
            let place = Int(index & 255)
            guard HashTile.hash(at: place, in: parent) == root else {
                throw StoreRefusal.damaged(
                    "tile \(index >> 8) of level \(level + 1) does not have the hash of tile \(index) below it")
            }
            guard place == 255 else { return }
            (level, index) = (level + 1, index >> 8)
            guard parent.count == HashTile.byteCount else {
                throw StoreRefusal.damaged("tile \(index) of level \(level) has \(parent.count) bytes")
            }
            tileCount += 1
            root = MerkleTree.root(ofLeafHashes: HashTile.hashes(in: parent))
        }
    }

    /// Each level has the tiles that the size asks for, the last one as wide as it must be, and no others.
    private func verifyShapes(_ head: TreeHead, _ snapshot: SQLiteSnapshot) throws {
        var expected: [Int: UInt64] = [:]
        var (level, hashes) = (0, head.size.value)
        while hashes > 0 {
            let full = hashes >> 8
            let (count, width) = level == 0 ? (full, 0) : (full + (hashes & 255 > 0 ? 1 : 0), Int(hashes & 255))
            if count > 0 { expected[level] = count }
            if width > 0 {
                let stored = try snapshot.tile(level: level, index: full).count
                guard stored == width * SHA256Digest.byteCount else {
                    throw StoreRefusal.damaged(
                        "tile \(full) of level \(level) has \(stored) bytes, not \(width * SHA256Digest.byteCount)")
                }
            }
            (level, hashes) = (level + 1, full)
        }
        let found = try snapshot.tileCounts()
        guard found == expected else {
            throw StoreRefusal.damaged("there are tiles that the tree does not have, or too few of them")
        }
    }

    /// The first and the latest note of a size are the log's and have the root that the entries make.
    private mutating func verify(_ checkpoints: [StoredCheckpoint], root: SHA256Digest) throws {
        for stored in checkpoints {
            let first = (note: stored.note, timestamp: stored.timestamp)
            let latest = (note: stored.latestNote, timestamp: stored.latestTimestamp)
            // Of most sizes there is only one.
            for (note, timestamp) in first == latest ? [first] : [first, latest] {
                let checkpoint: Checkpoint
                do {
                    checkpoint = try Checkpoint(parsing: note, origin: description.origin, key: key)
                } catch {
                    throw StoreRefusal.damaged("the checkpoint of size \(stored.size) is not the log's: \(error)")
                }
                let head = checkpoint.signedTreeHead.head
                guard head.size.value == stored.size, head.timestamp.milliseconds == timestamp else {
                    throw StoreRefusal.damaged("the checkpoint of size \(stored.size) says something else")
                }
                guard head.root == root else {
                    throw StoreRefusal.damaged("the root of the checkpoint of size \(stored.size) cannot be reproduced")
                }
            }
            checkpointCount += 1
        }
    }
}
