internal import GRDB
package import OpenSSL

/// The table of trust anchors, with those that are not accepted any more (transparency-log 4.1.1).
struct SQLiteAnchors {
    /// Who changes anchors, why, and what the log's head is meanwhile.
    struct Author {
        let name: String
        let reason: String
        let head: TreeHead
    }

    let database: Database

    /// The anchors in force, always in the same order.
    func inForce() throws -> [[UInt8]] {
        let rows = try Row.fetchAll(database, sql: "SELECT fp, der FROM root WHERE removed IS NULL ORDER BY fp")
        return try rows.map { row in
            let der = try row.bytes(1)
            guard SHA256Digest(hashing: der) == (try row.digest(0)) else {
                throw StoreRefusal.damaged("an accepted root has other bytes than its digest says")
            }
            return der
        }
    }

    /// Accepts an anchor from now on; one that was removed comes back, and one in force stays as it is.
    func add(_ der: [UInt8], by author: Author, now: Timestamp) throws {
        try database.execute(
            sql: """
                INSERT INTO root (fp, der, added) VALUES (?, ?, ?)
                ON CONFLICT (fp) DO UPDATE SET added = excluded.added, removed = NULL WHERE removed IS NOT NULL
                """,
            arguments: [
                SHA256Digest(hashing: der).bytes.blob, der.blob, SQLiteSchema.column(now.milliseconds),
            ])
        guard database.changesCount == 1 else { return }
        try record(.acceptRoot, SHA256Digest(hashing: der), by: author, now: now)
    }

    /// Accepts an anchor no more; the row stays, as do the certificates that entries refer to.
    ///
    /// Throws when the anchor is not in force or is the last one.
    func remove(_ digest: SHA256Digest, by author: Author, now: Timestamp) throws {
        try database.execute(
            sql: "UPDATE root SET removed = ? WHERE fp = ? AND removed IS NULL",
            arguments: [SQLiteSchema.column(now.milliseconds), digest.bytes.blob])
        guard database.changesCount == 1 else { throw StoreRefusal.anchors("\(digest.hex) is not accepted") }
        guard try !inForce().isEmpty else { throw StoreRefusal.anchors("a log without roots would refuse everything") }
        try record(.removeRoot, digest, by: author, now: now)
    }

    /// Says for good who changed what and why.
    private func record(_ kind: StoreOperation.Kind, _ digest: SHA256Digest, by author: Author, now: Timestamp) throws {
        _ = try SQLiteOperations(database: database).append(
            kind, actor: author.name, reason: "\(digest.hex): \(author.reason)", now: now, head: author.head)
    }
}

extension SQLiteLogStore {
    /// A change of the accepted trust anchors.
    package enum AnchorChange: Hashable, Sendable {
        /// Accepts an anchor, given whole.
        case add([UInt8])
        /// Accepts the anchor with this digest no more.
        case remove(SHA256Digest)
    }

    /// Changes the anchors of a log that nobody has open, all in one transaction, and answers with those in force.
    ///
    /// `actor` and `reason` are kept with the time among the operators' records. Throws `StoreRefusal`.
    package static func anchors(
        at path: String, description: LogDescription, changes: [AnchorChange], actor: String, reason: String,
        now: Timestamp
    ) async throws -> [[UInt8]] {
        let files = SQLiteFiles(database: path)
        return try await Blocking.run {
            let lock = try StoreLock(path: files.lock)
            defer { lock.release() }
            guard try SQLiteFiles.byteCount(path) >= SQLiteSettings.pageSize else {
                throw StoreRefusal.damaged("\(path) is shorter than one page")
            }
            return try reporting(files) {
                let writer = try SQLiteStoreOpening.openWriter(files)
                defer { try? writer.close() }
                return try writer.inDatabase { database in
                    let condition = try SQLiteStartUpChecks.compareMeta(database, with: description)
                    let anchors = SQLiteAnchors(database: database)
                    if let obstacle = condition.obstacle { throw StoreRefusal.notInState(obstacle) }
                    let key = try PublicKey(description.key)
                    let head = try SQLiteStoredHead.read(database, description: description, key: key).signed.head
                    let author = SQLiteAnchors.Author(name: actor, reason: reason, head: head)
                    try database.inTransaction(.immediate) {
                        for change in changes {
                            switch change {
                            case .add(let der): try anchors.add(der, by: author, now: now)
                            case .remove(let digest): try anchors.remove(digest, by: author, now: now)
                            }
                        }
                        return .commit
                    }
                    return try anchors.inForce()
                }
            }
        }
    }
}
