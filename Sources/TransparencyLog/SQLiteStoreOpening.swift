internal import GRDB
internal import Logging
internal import OpenSSL

/// The start of a log: what it takes hold of, and the checks it makes, before anything can be written.
struct SQLiteStoreOpening: Sendable {
    let files: SQLiteFiles
    let lock: StoreLock
    let guardFile: GuardFile
    let readers: DatabasePool
    let format: RecordFormat
    let description: LogDescription
    let condition: LogCondition
    let isAfterUncleanStop: Bool

    /// Items 1 and 2: the exclusive right to the store, its guard, and a first look at what is stored.
    static func take(
        _ files: SQLiteFiles, guardPath: String?, description: LogDescription, format: RecordFormat, logger: Logger
    ) throws -> SQLiteStoreOpening {
        let lock = try StoreLock(path: files.lock)
        let isAfterUncleanStop = files.isAfterUncleanStop
        let (readers, stored) = try openReaders(files, description: description, logger: logger)
        do {
            let guardFile = try GuardFile(path: guardPath ?? files.defaultGuard)
            let condition = guardFile.record.condition(after: stored)
            return SQLiteStoreOpening(
                files: files, lock: lock, guardFile: guardFile, readers: readers, format: format,
                description: description, condition: condition, isAfterUncleanStop: isAfterUncleanStop)
        } catch {
            try? readers.close()
            throw error
        }
    }

    /// Items 4 to 11, in one view of what is stored.
    func check(key: PublicKey, now: Timestamp) throws -> SQLiteLogStore.Found {
        let comparison = GuardComparison(
            path: guardFile.path, record: guardFile.record, description: description, key: key)
        do {
            return try SQLiteLogStore.reporting(files) {
                try readers.read { database in
                    let checks = SQLiteStartUpChecks(
                        database: database, description: description, key: key, format: format,
                        isAfterUncleanStop: isAfterUncleanStop)
                    let found =
                        condition.isFinal
                        ? try checks.runForReading() : try checks.run(now: now, exposed: lock.exposedHead())
                    let snapshot = SQLiteSnapshot(database: database)
                    try comparison.run(head: found.state.signedTreeHead.head) { level, index in
                        try snapshot.tile(level: level, index: index)
                    }
                    return found
                }
            }
        } catch let refusal as StoreRefusal where refusal.isSuspicionOfRollback && !condition.isFinal {
            try? guardFile.write(state: .frozen(reason: "\(refusal)"))
            throw refusal
        }
    }

    /// The connections that cannot write, after a first look at what they read.
    private static func openReaders(
        _ files: SQLiteFiles, description: LogDescription, logger: Logger
    ) throws -> (readers: DatabasePool, condition: LogCondition) {
        // SQLite would make a new database of a missing or an empty file.
        guard try SQLiteFiles.byteCount(files.database) >= SQLiteSettings.pageSize else {
            throw StoreRefusal.damaged("\(files.database) is shorter than one page")
        }
        return try SQLiteLogStore.reporting(files) {
            let readers = try DatabasePool(path: files.database, configuration: SQLiteSettings.readers)
            let condition = try readers.read { database in
                let condition = try SQLiteStartUpChecks.compareMeta(database, with: description)
                let version = try SQLiteSettings.version(database)
                guard !SQLiteSettings.isSound(version: version) else { return condition }
                logger.warning(
                    "SQLite is older than 3.51.3; no other program may open the log's database while it is in use",
                    metadata: ["sqlite.version": "\(version)"])
                return condition
            }
            return (readers, condition)
        }
    }

    /// The connection that writes; must not be opened before the checks have passed.
    static func openWriter(_ files: SQLiteFiles) throws -> DatabaseQueue {
        try SQLiteLogStore.reporting(files) {
            let writer = try DatabaseQueue(path: files.database, configuration: SQLiteSettings.writer)
            try writer.inDatabase { try SQLiteSettings.verify($0, role: .writer) }
            return writer
        }
    }

    /// The connection that writes, after the tables of this version are there.
    static func openMigratedWriter(_ files: SQLiteFiles) throws -> DatabaseQueue {
        let writer = try openWriter(files)
        try SQLiteLogStore.reporting(files) { try writer.inDatabase { try SQLiteSchema.migrate($0) } }
        return writer
    }

    /// Signs something that no tree head and no certificate timestamp begins with (transparency-log 3.5, item 3).
    static func prove(_ key: any SigningKey, is expected: SubjectPublicKeyInfo) async throws {
        guard key.publicKey.subjectPublicKeyInfo == expected else {
            throw StoreRefusal.unusableKey("it is not the key that the log was created with")
        }
        let message = [UInt8](repeating: 0xFF, count: 32)
        do {
            let signature = DigitallySigned(signature: try await key.signature(over: message))
            guard let signature, signature.isValid(over: message, key: key.publicKey) else { throw UnusableLogKey() }
        } catch {
            throw StoreRefusal.unusableKey("\(error)")
        }
    }
}
