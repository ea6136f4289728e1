internal import GRDB
internal import OpenSSL

/// What must hold before a log may write again (transparency-log 3.5, items 2 and 4 to 8).
///
/// Only reads. Throws a `StoreRefusal` for the first thing that does not hold.
struct SQLiteStartUpChecks {
    let database: Database
    let description: LogDescription
    let key: PublicKey
    let format: RecordFormat

    /// How many of the last entries are hashed again from their records.
    static let rehashedEntryCount: UInt64 = 512

    /// Item 2: the tables are of our version and the configuration is the one of the creation.
    static func compareMeta(_ database: Database, with description: LogDescription) throws {
        let rows = try Row.fetchAll(database, sql: "SELECT key, value FROM meta")
        var stored: [String: String] = [:]
        for row in rows {
            stored[try row.decode(String.self, atIndex: 0)] = try row.decode(String.self, atIndex: 1)
        }
        let found = stored[SQLiteSchema.MetaKey.schemaVersion] ?? "none"
        guard found == SQLiteSchema.version else {
            throw StoreRefusal.schemaVersion(expected: SQLiteSchema.version, found: found)
        }
        for (name, expected) in SQLiteSchema.meta(description).sorted(by: { $0.key < $1.key })
        where stored[name] != expected {
            throw StoreRefusal.parameter(name: name, expected: expected, stored: stored[name] ?? "nothing")
        }
        if let reason = stored[SQLiteSchema.MetaKey.frozen] { throw StoreRefusal.frozen(reason: reason) }
    }

    func run(now: Timestamp, exposed: (size: UInt64, timestamp: UInt64)?) throws -> SQLiteLogStore.Found {
        let (epoch, signed, peaks) = try readHead()
        let head = signed.head
        if let exposed, exposed.timestamp > head.timestamp.milliseconds {
            throw StoreRefusal.rolledBack(storedSize: head.size.value, exposedSize: exposed.size)
        }
        guard now.adding(milliseconds: ClockGuard.tolerance) >= head.timestamp else {
            throw StoreRefusal.clockBehindHead(milliseconds: head.timestamp.milliseconds - now.milliseconds)
        }
        try countEntries(head)
        let edge = try readEdge(head)
        try rehashLastEntries(head)
        return SQLiteLogStore.Found(
            state: LogState(epoch: epoch, signedTreeHead: signed, peaks: peaks, edge: edge),
            anchors: try SQLiteAnchors(database: database).inForce(), created: try readCreation(before: head))
    }

    /// Item 4: there is one head, its note is signed by the log's key and says what the columns say.
    private func readHead() throws -> (epoch: UInt64, signed: SignedTreeHead, peaks: Peaks) {
        let sql = "SELECT epoch, tree_size, root, timestamp, peaks, note FROM head WHERE id = 1"
        guard let row = try Row.fetchOne(database, sql: sql) else { throw StoreRefusal.damaged("there is no head") }
        let checkpoint: Checkpoint
        do {
            checkpoint = try Checkpoint(parsing: try row.bytes(5), origin: description.origin, key: key)
        } catch let error as CheckpointError {
            throw StoreRefusal.damaged("the note of the head is not the log's: \(error)")
        }
        let head = checkpoint.signedTreeHead.head
        guard try row.number(1) == head.size.value, try row.digest(2) == head.root,
            try row.number(3) == head.timestamp.milliseconds
        else { throw StoreRefusal.damaged("the head and its note differ") }
        guard let peaks = Peaks(size: head.size, bytes: try row.bytes(4)), peaks.root == head.root else {
            throw StoreRefusal.damaged("the peaks of the head do not make its root")
        }
        return (try row.number(0), checkpoint.signedTreeHead, peaks)
    }

    /// Item 6: as many entries as the head covers, from 0 on and without holes.
    private func countEntries(_ head: TreeHead) throws {
        let sql = "SELECT count(*), coalesce(min(idx), 0), coalesce(max(idx) + 1, 0) FROM entry"
        guard let row = try Row.fetchOne(database, sql: sql), try row.number(0) == head.size.value,
            try row.number(1) == 0, try row.number(2) == head.size.value
        else { throw StoreRefusal.damaged("the entries are not those from 0 to the head's size \(head.size.value)") }
    }

    /// Item 7: the tiles at the right edge make the root, each from the hashes of its children.
    private func readEdge(_ head: TreeHead) throws -> TreeEdge {
        let snapshot = SQLiteSnapshot(database: database)
        let edge = try TreeEdge(size: head.size) { try snapshot.tile(level: $0, index: $1) }
        guard edge.root == head.root else { throw StoreRefusal.damaged("the tiles do not make the root of the head") }
        for level in edge.levels.indices.dropFirst() {
            guard let last = HashTile.hashes(in: edge.levels[level]).last else { continue }
            let child = (head.size.value >> UInt64(8 * level)) - 1
            let bytes = try snapshot.tile(level: level - 1, index: child)
            guard bytes.count == HashTile.byteCount,
                MerkleTree.root(ofLeafHashes: HashTile.hashes(in: bytes)) == last
            else { throw StoreRefusal.damaged("tile \(child) of level \(level - 1) does not hash to its parent") }
        }
        return edge
    }

    /// Item 8: the last entries hash to their leaves, and what they refer to is there.
    private func rehashLastEntries(_ head: TreeHead) throws {
        let snapshot = SQLiteSnapshot(database: database)
        let size = head.size.value
        let first = size - min(size, Self.rehashedEntryCount + size & 255)
        var leaves = HashReader(size: head.size) { try snapshot.tile(level: $0, index: $1) }
        var attachments: Set<SHA256Digest> = []
        for entry in try snapshot.entries(in: first..<size, byteCount: .max) {
            let name = "entry \(entry.index.value)"
            guard let parsed = try? format.parse(entry.record) else {
                throw StoreRefusal.damaged("\(name) cannot be read")
            }
            let place = entry.index.value..<(entry.index.value + 1)
            guard parsed.index == entry.index, parsed.timestamp <= head.timestamp,
                MerkleTree.leafHash(of: parsed.leafInput) == entry.leafHash,
                try leaves.root(of: place) == entry.leafHash
            else { throw StoreRefusal.damaged("\(name) does not hash to its leaf") }
            guard try snapshot.index(forKey: SHA256Digest(hashing: parsed.identity)) == entry.index,
                try snapshot.index(ofLeafHash: entry.leafHash) == entry.index
            else { throw StoreRefusal.damaged("\(name) is not found by its key or its hash") }
            for digest in parsed.attachments where attachments.insert(digest).inserted {
                guard try snapshot.attachment(digest) == nil else { continue }
                throw StoreRefusal.damaged("\(name) refers to \(digest.hex), which is not there")
            }
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
