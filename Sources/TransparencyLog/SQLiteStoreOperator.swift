internal import GRDB
package import OpenSSL

/// Changes the state of a log that no server has open, and writes down who did it and why.
///
/// These are the only ways out of `frozen` (transparency-log 3.5). Each one but `freeze` recomputes the whole store
/// first.
package struct SQLiteStoreOperator: Sendable {
    private let files: SQLiteFiles
    private let guardPath: String
    private let description: LogDescription
    private let format: RecordFormat

    /// An operator of the store at `path`, whose guard file stands beside it unless `guardPath` says otherwise.
    package init(path: String, guardPath: String? = nil, description: LogDescription, format: RecordFormat) {
        files = SQLiteFiles(database: path)
        (self.guardPath, self.description, self.format) = (guardPath ?? files.defaultGuard, description, format)
    }

    /// What was done so far, oldest first; may be asked while a server runs.
    package func history() async throws -> [StoreOperation] {
        try await inspect { try SQLiteOperations(database: $0).all() }
    }

    /// The trust anchors in force, always in the same order; may be asked while a server runs.
    package func anchors() async throws -> [[UInt8]] {
        try await inspect { try SQLiteAnchors(database: $0).inForce() }
    }

    /// What the log is by its store and its guard file; may be asked while a server runs.
    ///
    /// `starting` stands for any state that does not outlive a process. A guard file that is not there says nothing.
    package func condition() async throws -> LogCondition {
        let stored = try await inspect { [description] in try SQLiteStartUpChecks.compareMeta($0, with: description) }
        // Guard and store may each know of a freeze that the other does not.
        return try GuardFile.look(at: guardPath)?.condition(after: stored) ?? stored
    }

    private func inspect<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await Blocking.run { [files, description] in
            try SQLiteInspector.read(files, description: description, body)
        }
    }

    /// Does one operation and answers with its record.
    ///
    /// Throws a `StoreRefusal` when a server has the log open, when the store is not sound, when it contradicts its
    /// guard (unless the operation is `adopt`), or when the operation does not fit the state of the log.
    package func perform(
        _ kind: StoreOperation.Kind, actor: String, reason: String, now: Timestamp,
        progress: @escaping @Sendable (SQLiteStoreInspection.Progress) throws -> Void = { _ in }
    ) async throws -> StoreOperation {
        let lock = try await Blocking.run { [files] in
            if kind == .adopt { try Self.prepareForAdoption(files) }
            return try StoreLock(path: files.lock)
        }
        defer { lock.release() }
        if kind != .freeze {
            let inspection = try SQLiteStoreInspection(path: files.database, description: description, format: format)
            _ = try await inspection.run(progress: progress)
        }
        return try await Blocking.run { try perform(kind, actor: actor, reason: reason, now: now, lock: lock) }
    }

    private func perform(
        _ kind: StoreOperation.Kind, actor: String, reason: String, now: Timestamp, lock: StoreLock
    ) throws -> StoreOperation {
        try SQLiteLogStore.reporting(files) {
            let guardFile = try kind == .adopt ? nil : GuardFile(path: guardPath)
            defer { guardFile?.close() }
            let writer = try SQLiteStoreOpening.openWriter(files)
            defer { try? writer.close() }
            let (operation, state, note) = try writer.inDatabase { database in
                let stored = try SQLiteStartUpChecks.compareMeta(database, with: description)
                let key = try PublicKey(description.key)
                let head = try SQLiteStoredHead.read(database, description: description, key: key)
                let condition = guardFile?.record.condition(after: stored) ?? stored
                try Self.require(kind, fits: condition)
                if let guardFile, kind != .freeze { try compare(guardFile, with: head, database, lock) }
                let operation = try Self.write(kind, actor, reason, now, head.signed.head, database)
                return (operation, Self.state(after: kind, reason: reason, from: condition), head.note)
            }
            if let guardFile {
                try guardFile.write(state: state)
            } else {
                try GuardFile.create(guardPath, state: state, note: note)
                try writer.inDatabase { database in
                    let key = try PublicKey(description.key)
                    try lock.note(try SQLiteStoredHead.read(database, description: description, key: key).signed.head)
                }
            }
            try writer.inDatabase { _ = try $0.checkpoint(.truncate) }
            return operation
        }
    }

    /// The store against what guard and lock file have seen.
    private func compare(
        _ guardFile: GuardFile, with head: SQLiteStoredHead, _ database: Database, _ lock: StoreLock
    ) throws {
        let tree = head.signed.head
        if let exposed = lock.exposedHead(), exposed.timestamp > tree.timestamp.milliseconds {
            throw StoreRefusal.rolledBack(storedSize: tree.size.value, exposedSize: exposed.size)
        }
        let snapshot = SQLiteSnapshot(database: database)
        let comparison = GuardComparison(
            path: guardPath, record: guardFile.record, description: description, key: try PublicKey(description.key))
        try comparison.run(head: tree) { try snapshot.tile(level: $0, index: $1) }
    }

    /// The record and the new state, in one transaction.
    static func write(
        _ kind: StoreOperation.Kind, _ actor: String, _ reason: String, _ now: Timestamp, _ head: TreeHead,
        _ database: Database
    ) throws -> StoreOperation {
        var operation: StoreOperation?
        try database.inTransaction(.immediate) {
            operation = try SQLiteOperations(database: database).append(
                kind, actor: actor, reason: reason, now: now, head: head)
            switch kind {
            case .create: break
            case .freeze: try set(SQLiteSchema.MetaKey.frozen, reason, database)
            case .close: try set(SQLiteSchema.MetaKey.closed, reason, database)
            case .thaw, .adopt:
                try database.execute(
                    sql: "DELETE FROM meta WHERE key = ?", arguments: [SQLiteSchema.MetaKey.frozen])
            case .acceptRoot, .removeRoot: break
            }
            return .commit
        }
        guard let operation else { throw StoreRefusal.notInState("the operation was not written down") }
        return operation
    }

    private static func set(_ key: String, _ value: String, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", arguments: [key, value])
    }

    private static func require(_ kind: StoreOperation.Kind, fits condition: LogCondition) throws(StoreRefusal) {
        switch (kind, condition) {
        case (.acceptRoot, _), (.removeRoot, _): throw .notInState("roots are changed by mintmark log roots")
        case (.create, .closed), (.freeze, .closed), (.thaw, .closed), (.close, .closed), (.adopt, .closed):
            throw .notInState("the log is closed for good")
        case (.freeze, .frozen): throw .notInState("the log is frozen already")
        case (.thaw, .starting), (.thaw, .serving), (.thaw, .readOnlyTemporarily):
            throw .notInState("the log is not frozen")
        default: return
        }
    }

    private static func state(
        after kind: StoreOperation.Kind, reason: String, from condition: LogCondition
    ) -> GuardRecord.State {
        switch kind {
        case .freeze: .frozen(reason: reason)
        case .close: .closed(reason: reason)
        case .create, .thaw, .adopt, .acceptRoot, .removeRoot: .serving
        }
    }

    /// Makes of a copy what a start needs: a lock file, the write-ahead log's mode, and the tables of this version.
    private static func prepareForAdoption(_ files: SQLiteFiles) throws {
        _ = try SQLiteFiles.byteCount(files.database)
        do { try SQLiteFiles.create(files.lock) } catch StoreRefusal.alreadyExists {}
        let lock = try StoreLock(path: files.lock)
        defer { lock.release() }
        try SQLiteLogStore.reporting(files) {
            let writer = try DatabaseQueue(path: files.database, configuration: SQLiteSettings.writer)
            try writer.inDatabase { database in
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                let version = try SQLiteStartUpChecks.meta(database)[SQLiteSchema.MetaKey.schemaVersion]
                guard version == "1" else { return }
                try database.inTransaction(.immediate) {
                    try database.execute(sql: SQLiteSchema.tablesSinceVersion2)
                    try database.execute(sql: SQLiteSchema.tablesSinceVersion3)
                    try set(SQLiteSchema.MetaKey.schemaVersion, SQLiteSchema.version, database)
                    return .commit
                }
            }
            try writer.close()
        }
    }
}
