internal import GRDB
package import OpenSSL

/// The table of trust anchors, with those that are not accepted any more (transparency-log 4.1.1).
struct SQLiteAnchors {
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
    func add(_ der: [UInt8], reason: String, now: Timestamp) throws {
        try database.execute(
            sql: """
                INSERT INTO root (fp, der, added) VALUES (?, ?, ?)
                ON CONFLICT (fp) DO UPDATE SET added = excluded.added, removed = NULL WHERE removed IS NOT NULL
                """,
            arguments: [
                SHA256Digest(hashing: der).bytes.blob, der.blob, SQLiteSchema.column(now.milliseconds),
            ])
        guard database.changesCount == 1 else { return }
        try record("accepted", SHA256Digest(hashing: der), reason: reason, now: now)
    }

    /// Accepts an anchor no more; the row stays, as do the certificates that entries refer to.
    ///
    /// Throws when the anchor is not in force or is the last one.
    func remove(_ digest: SHA256Digest, reason: String, now: Timestamp) throws {
        try database.execute(
            sql: "UPDATE root SET removed = ? WHERE fp = ? AND removed IS NULL",
            arguments: [SQLiteSchema.column(now.milliseconds), digest.bytes.blob])
        guard database.changesCount == 1 else { throw StoreRefusal.anchors("\(digest.hex) is not accepted") }
        guard try !inForce().isEmpty else { throw StoreRefusal.anchors("a log without roots would refuse everything") }
        try record("removed", digest, reason: reason, now: now)
    }

    /// Says for good who changed what and why.
    private func record(_ change: String, _ digest: SHA256Digest, reason: String, now: Timestamp) throws {
        let count = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM meta WHERE key LIKE ?",
            arguments: ["\(SQLiteSchema.MetaKey.anchorChange)%"])
        try database.execute(
            sql: "INSERT INTO meta (key, value) VALUES (?, ?)",
            arguments: [
                "\(SQLiteSchema.MetaKey.anchorChange)\(count ?? 0)",
                "\(now.rfc3339) \(change) \(digest.hex): \(reason)",
            ])
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
    /// Without changes only reads. The reason is kept with the time. Throws `StoreRefusal`.
    package static func anchors(
        at path: String, description: LogDescription, changes: [AnchorChange] = [], reason: String = "", now: Timestamp
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
                    guard !changes.isEmpty else { return try anchors.inForce() }
                    if let obstacle = condition.obstacle { throw StoreRefusal.notInState(obstacle) }
                    try database.inTransaction(.immediate) {
                        for change in changes {
                            switch change {
                            case .add(let der): try anchors.add(der, reason: reason, now: now)
                            case .remove(let digest): try anchors.remove(digest, reason: reason, now: now)
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
