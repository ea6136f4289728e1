internal import GRDB
package import OpenSSL

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

    /// What a start would find.
    package struct Start: Hashable, Sendable {
        /// The newest head.
        package let head: TreeHead
        /// The state that the log would begin in.
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

    /// Makes the checks of a start (transparency-log 3.5, items 2 and 4 to 11) in one view.
    ///
    /// They are those after a stop in good order: what a start after a kill reads beyond them would keep a server's
    /// write-ahead log from being shortened. What a start compares with the lock file is left out, because a server may
    /// hold that. `now` is asked once the view is there, since a server's head may be newer than the call. Throws a
    /// `StoreRefusal` for the first thing for which a start would refuse to write: also when the guard at `guardPath`
    /// is missing, is no guard of this log, or has seen what the store does not have. A log that is frozen or closed
    /// is looked at as a start does that only reads.
    package func checkStart(guardPath: String, now: () -> Timestamp) throws -> Start {
        let files = SQLiteFiles(database: path)
        // Before the store, which may grow meanwhile and must never be behind the guard.
        guard let record = try GuardFile.look(at: guardPath) else { throw StoreRefusal.guardMissing(path: guardPath) }
        return try SQLiteInspector.read(files, description: description) { database in
            let condition = record.condition(
                after: try SQLiteStartUpChecks.compareMeta(database, with: description))
            let checks = SQLiteStartUpChecks(
                database: database, description: description, key: key, format: format,
                isAfterUncleanStop: false)
            let found =
                condition.isFinal
                ? try checks.runForReading() : try checks.run(now: now(), exposed: nil)
            try compare(database, with: record, at: guardPath)
            return Start(head: found.state.signedTreeHead.head, condition: condition)
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
                if let record, let guardPath { try compare(database, with: record, at: guardPath) }
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

    private func compare(_ database: Database, with record: GuardRecord, at guardPath: String) throws {
        let head = try SQLiteStoredHead.read(database, description: description, key: key).signed.head
        let comparison = GuardComparison(path: guardPath, record: record, description: description, key: key)
        let snapshot = SQLiteSnapshot(database: database)
        try comparison.run(head: head) { try snapshot.tile(level: $0, index: $1) }
    }
}
