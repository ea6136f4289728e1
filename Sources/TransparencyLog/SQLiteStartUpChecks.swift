internal import GRDB
internal import OpenSSL

/// What must hold before a log may write again (transparency-log 3.5, items 2 and 4 to 10).
///
/// Only reads. Throws a `StoreRefusal` for the first thing that does not hold, with the check that found it.
struct SQLiteStartUpChecks {
    let database: Database
    let description: LogDescription
    let key: PublicKey
    let format: RecordFormat

    /// Whether the last process did not end in good order.
    let isAfterUncleanStop: Bool

    /// How many of the last entries are hashed again from their records.
    static let rehashedEntryCount: UInt64 = 512

    /// From how many entries on a start in good order leaves the leaf hashes to the scrubber.
    static let wholeTreeLimit: UInt64 = 5_000_000

    /// How many of the newest checkpoints a start in good order looks at; the scrubber looks at all of them.
    ///
    /// A log that commits one entry at a time has as many signatures to verify as entries.
    static let verifiedCheckpointCount = 1024

    /// Item 2: the tables are of a version that can be opened, and the configuration is the one of the creation.
    ///
    /// Answers the state that the log was left in.
    static func compareMeta(_ database: Database, with description: LogDescription) throws -> LogCondition {
        let stored = try meta(database)
        let found = stored[SQLiteSchema.MetaKey.schemaVersion] ?? "none"
        let condition = condition(stored)
        guard SQLiteSchema.accepts(found, in: condition) else {
            throw StoreRefusal.schemaVersion(expected: SQLiteSchema.version, found: found)
        }
        for (name, expected) in SQLiteSchema.meta(description).sorted(by: { $0.key < $1.key })
        where stored[name] != expected && name != SQLiteSchema.MetaKey.schemaVersion {
            throw StoreRefusal.parameter(name: name, expected: expected, stored: stored[name] ?? "nothing")
        }
        return condition
    }

    /// The state that these rows of `meta` tell of.
    private static func condition(_ stored: [String: String]) -> LogCondition {
        if let reason = stored[SQLiteSchema.MetaKey.closed] { return .closed(reason: reason) }
        return stored[SQLiteSchema.MetaKey.frozen].map { .frozen(reason: $0) } ?? .starting
    }

    /// The rows of `meta`.
    static func meta(_ database: Database) throws -> [String: String] {
        var stored: [String: String] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT key, value FROM meta") {
            stored[try row.decode(String.self, atIndex: 0)] = try row.decode(String.self, atIndex: 1)
        }
        return stored
    }

    /// Everything that a log must prove before it may sign again.
    ///
    /// `exposed` is what the lock file knows of the newest head that was shown.
    func run(
        now: Timestamp, exposed: (size: UInt64, timestamp: UInt64)?, wholeTreeLimit: UInt64 = Self.wholeTreeLimit
    ) throws -> SQLiteLogStore.Found {
        let stored = try readHead()
        let head = stored.signed.head
        if let exposed, exposed.timestamp > head.timestamp.milliseconds {
            throw StoreRefusal.rolledBack(storedSize: head.size.value, exposedSize: exposed.size)
        }
        guard now.adding(milliseconds: ClockGuard.tolerance) >= head.timestamp else {
            throw StoreRefusal.clockBehindHead(milliseconds: head.timestamp.milliseconds - now.milliseconds)
        }
        let hashesAllLeaves = isAfterUncleanStop || head.size.value < wholeTreeLimit
        // Looking at all leaves finds every hole, and looking at the table twice would double the time of the start.
        try StartUpCheck.entryCount.run {
            try hashesAllLeaves
                ? SQLiteSnapshot(database: database).requireBounds(of: head) : countEntries(head)
        }
        let edge = try StartUpCheck.rightEdge.run { try readEdge(head) }
        try StartUpCheck.lastEntries.run { try rehashLastEntries(head) }
        try StartUpCheck.root.run { try recomputeRoot(head, hashesAllLeaves: hashesAllLeaves) }
        if isAfterUncleanStop { try StartUpCheck.integrity.run { try SQLiteSnapshot(database: database).quickCheck() } }
        return try found(stored, edge)
    }

    /// What a log needs that only answers reads: a head that is the log's own.
    ///
    /// The edge of the tree is left out, because nothing will be added to it.
    func runForReading() throws -> SQLiteLogStore.Found {
        try found(try readHead(), TreeEdge())
    }

    private func found(_ stored: SQLiteStoredHead, _ edge: TreeEdge) throws -> SQLiteLogStore.Found {
        let (anchors, created) = try StartUpCheck.configuration.run {
            (try SQLiteAnchors(database: database).inForce(), try readCreation(before: stored.signed.head))
        }
        return SQLiteLogStore.Found(
            state: LogState(epoch: stored.epoch, signedTreeHead: stored.signed, peaks: stored.peaks, edge: edge),
            anchors: anchors, created: created)
    }

    /// Item 4: there is one head, its note is signed by the log's key and says what the columns say.
    private func readHead() throws -> SQLiteStoredHead {
        try StartUpCheck.head.run {
            try SQLiteStoredHead.read(database, description: description, key: key)
        }
    }

    /// Item 6: as many entries as the head covers, from 0 on and without holes.
    private func countEntries(_ head: TreeHead) throws {
        let sql = "SELECT count(*), coalesce(min(idx), 0), coalesce(max(idx) + 1, 0) FROM entry"
        guard let row = try Row.fetchOne(database, sql: sql), try row.number(0) == head.size.value,
            try row.number(1) == 0, try row.number(2) == head.size.value
        else { throw StoreRefusal.damaged("the entries are not those from 0 to the head's size \(head.size.value)") }
    }

    /// Item 7: the right-most tile of each level is what its children make, and together they make the root.
    private func readEdge(_ head: TreeHead) throws -> TreeEdge {
        let snapshot = SQLiteSnapshot(database: database)
        let edge = try TreeEdge(size: head.size) { try snapshot.tile(level: $0, index: $1) }
        guard edge.root == head.root else { throw StoreRefusal.damaged("the tiles do not make the root of the head") }
        let fullCount = head.size.value >> 8
        if let last = fullCount > 0 ? fullCount - 1 : nil {
            let first = last << 8
            let hashes = try snapshot.leafHashes(in: first..<(first + UInt64(HashTile.width)))
            guard try snapshot.storedTile(level: 0, index: last).map(HashTile.hashes) == hashes else {
                throw StoreRefusal.damaged("tile \(last) of level 0 is not what the entries make")
            }
        }
        var (level, children) = (1, fullCount)
        while children > 0 {
            let index = (children - 1) >> 8
            try verifyTile(level: level, index: index, childCount: children, snapshot)
            (level, children) = (level + 1, children >> 8)
        }
        return edge
    }

    /// A tile above level 0 has exactly the hashes of its children.
    private func verifyTile(level: Int, index: UInt64, childCount: UInt64, _ snapshot: SQLiteSnapshot) throws {
        let hashes = HashTile.hashes(in: try snapshot.tile(level: level, index: index))
        let first = index << 8
        let width = min(childCount - first, UInt64(HashTile.width))
        guard hashes.count == Int(width) else {
            throw StoreRefusal.damaged("tile \(index) of level \(level) has \(hashes.count) hashes instead of \(width)")
        }
        for (child, hash) in zip(first..<(first + width), hashes) {
            let bytes = try snapshot.tile(level: level - 1, index: child)
            guard bytes.count == HashTile.byteCount,
                MerkleTree.root(ofLeafHashes: HashTile.hashes(in: bytes)) == hash
            else { throw StoreRefusal.damaged("tile \(child) of level \(level - 1) does not hash to its parent") }
        }
    }

    /// Item 8: the last entries hash to their leaves, and what they refer to is there.
    private func rehashLastEntries(_ head: TreeHead) throws {
        let snapshot = SQLiteSnapshot(database: database)
        let size = head.size.value
        let first = size - min(size, Self.rehashedEntryCount + size & 255)
        var leaves = HashReader(size: head.size) { try snapshot.tile(level: $0, index: $1) }
        var attachments: Set<SHA256Digest> = []
        for entry in try snapshot.entries(in: first..<size, byteCount: .max) {
            guard try leaves.root(of: entry.index.value..<(entry.index.value + 1)) == entry.leafHash else {
                throw StoreRefusal.damaged("entry \(entry.index.value) does not hash to its leaf")
            }
            try EntryCheck(format: format).run(entry, in: snapshot, head: head, attachments: &attachments)
        }
    }

    /// Item 9: from all leaf hashes, or from the tiles of level 1 when there are very many.
    private func recomputeRoot(_ head: TreeHead, hashesAllLeaves: Bool) throws {
        let snapshot = SQLiteSnapshot(database: database)
        guard !hashesAllLeaves else {
            let firstSize =
                isAfterUncleanStop ? 0 : try snapshot.firstCheckpointSize(ofLast: Self.verifiedCheckpointCount)
            var audit = TreeAudit(
                depth: .hashes, firstCheckpointSize: firstSize, description: description, key: key, format: format)
            repeat { try audit.advance(in: snapshot, head: head) } while !audit.isComplete(for: head)
            return try audit.finish(in: snapshot, head: head)
        }
        var (level, children) = (2, head.size.value >> 16)
        while children > 0 {
            for index in 0...((children - 1) >> 8) {
                try verifyTile(level: level, index: index, childCount: children, snapshot)
            }
            (level, children) = (level + 1, children >> 8)
        }
    }

    private func readCreation(before head: TreeHead) throws -> Timestamp {
        let text = try String.fetchOne(
            database, sql: "SELECT value FROM meta WHERE key = ?", arguments: [SQLiteSchema.MetaKey.created])
        guard let text, let milliseconds = UInt64(text), milliseconds <= head.timestamp.milliseconds else {
            throw StoreRefusal.damaged("the time of the log's creation is missing or after the head's")
        }
        return Timestamp(milliseconds: milliseconds)
    }
}
