internal import GRDB
internal import OpenSSL

/// Recomputes everything that is stored, without changing any of it.
///
/// Works on a log at rest, on one that a server has open, and on a backup: each step reads one short view.
package struct SQLiteStoreInspection: Sendable {
    /// What an inspection found right.
    package struct Report: Hashable, Sendable {
        /// The newest head at the end of the inspection.
        package let head: TreeHead
        /// Tiles, checkpoints and entries that were recomputed.
        package let tileCount: UInt64
        /// Sizes of which a checkpoint is kept.
        package let checkpointCount: UInt64
        /// The state that the log was left in.
        package let condition: LogCondition
    }

    /// How far an inspection is.
    package struct Progress: Hashable, Sendable {
        /// Entries recomputed so far.
        package let position: UInt64
        /// Entries of the newest head.
        package let size: UInt64

        /// So far out of so many.
        package init(position: UInt64, size: UInt64) {
            (self.position, self.size) = (position, size)
        }
    }

    private let path: String
    private let description: LogDescription
    private let key: PublicKey
    private let format: RecordFormat

    /// An inspection of the database at `path`; throws when the key of the description is no log key.
    package init(path: String, description: LogDescription, format: RecordFormat) throws {
        let key = try PublicKey(description.key)
        guard key.isLogKey else { throw UnusableLogKey() }
        (self.path, self.description, self.format, self.key) = (path, description, format, key)
    }

    /// Recomputes every hash, tile and checkpoint; throws a `StoreRefusal` for the first thing that is wrong.
    ///
    /// With `guardPath` the store is also compared with the guard file there, which must exist. `progress` is told
    /// after each data tile; what it throws ends the inspection.
    package func run(
        guardPath: String? = nil, progress: @escaping @Sendable (Progress) throws -> Void = { _ in }
    ) async throws -> Report {
        try await Blocking.run { try inspect(guardPath: guardPath, progress) }
    }

    /// Compares the newest head with the guard file at `guardPath`, and nothing else; for who has only a moment.
    ///
    /// Answers with that head and with what the log is by both, where `starting` stands for any state that does not
    /// outlive a process. Throws a `StoreRefusal` when the guard is missing, is no guard of this log, or has seen what
    /// the store does not have.
    package func compare(withGuardAt guardPath: String) throws -> (head: TreeHead, condition: LogCondition) {
        let files = SQLiteFiles(database: path)
        // Before the store, which may grow meanwhile and must never be behind the guard.
        guard let record = try GuardFile.look(at: guardPath) else { throw StoreRefusal.guardMissing(path: guardPath) }
        return try SQLiteInspector.read(files, description: description) { database in
            let stored = try SQLiteStartUpChecks.compareMeta(database, with: description)
            let head = try compare(database, with: record, at: guardPath)
            return (head, SQLiteStoreOperator.condition(stored, record.state))
        }
    }

    private func inspect(guardPath: String?, _ progress: (Progress) throws -> Void) throws -> Report {
        let files = SQLiteFiles(database: path)
        // Before the store, which may grow meanwhile and must never be behind the guard.
        let record = try guardPath.map { path throws(StoreRefusal) in
            guard let record = try GuardFile.look(at: path) else { throw StoreRefusal.guardMissing(path: path) }
            return record
        }
        return try SQLiteLogStore.reporting(files) {
            let database = try SQLiteInspector.open(files, description: description)
            defer { try? database.close() }
            let condition = try database.read { database in
                let condition = try SQLiteStartUpChecks.compareMeta(database, with: description)
                // In one view, which would keep a server's write-ahead log from being shortened for as long as it
                // takes.
                if !files.isAfterUncleanStop { try SQLiteSnapshot(database: database).quickCheck() }
                if let record, let guardPath { _ = try compare(database, with: record, at: guardPath) }
                return condition
            }
            var audit = TreeAudit(depth: .signatures, description: description, key: key, format: format)
            while true {
                let (head, isLast) = try database.read { database in
                    let snapshot = SQLiteSnapshot(database: database)
                    let head = try SQLiteStoredHead.read(database, description: description, key: key).signed.head
                    try audit.advance(in: snapshot, head: head)
                    let isLast = audit.isComplete(for: head)
                    if isLast { try audit.finish(in: snapshot, head: head) }
                    return (head, isLast)
                }
                try progress(Progress(position: audit.position, size: head.size.value))
                guard isLast else { continue }
                return Report(
                    head: head, tileCount: audit.tileCount, checkpointCount: audit.checkpointCount,
                    condition: condition)
            }
        }
    }

    private func compare(
        _ database: Database, with record: GuardRecord, at guardPath: String
    ) throws -> TreeHead {
        let head = try SQLiteStoredHead.read(database, description: description, key: key).signed.head
        let comparison = GuardComparison(path: guardPath, record: record, description: description, key: key)
        let snapshot = SQLiteSnapshot(database: database)
        try comparison.run(head: head) { try snapshot.tile(level: $0, index: $1) }
        return head
    }
}
