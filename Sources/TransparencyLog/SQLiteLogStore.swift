internal import Dispatch
internal import GRDB
package import Logging
package import OpenSSL
internal import Synchronization

/// A log in one SQLite database, written by this process alone (transparency-log 3.4).
///
/// One connection writes and checkpoints, on a queue of its own; readers have connections that SQLite itself keeps from
/// writing. Every setting is read back. A lock file keeps other processes of ours away until `close()` or `abandon()`.
package final class SQLiteLogStore: LogStore {
    private let files: SQLiteFiles
    private let lock: StoreLock
    private let writer: DatabaseQueue
    private let readers: DatabasePool
    private let unchecked = Mutex(0)

    package let initialState: LogState

    /// The accepted trust anchors in force when the store was opened.
    package let anchors: [[UInt8]]

    /// When the log was created: no entry is older.
    package let created: Timestamp

    /// Bytes of the write-ahead log after which they are moved into the database.
    package static let checkpointByteCount = 32 << 20

    private init(files: SQLiteFiles, lock: StoreLock, writer: DatabaseQueue, readers: DatabasePool, found: Found) {
        (self.files, self.lock, self.writer, self.readers) = (files, lock, writer, readers)
        (initialState, anchors, created) = (found.state, found.anchors, found.created)
    }

    /// What the checks at the start have found.
    struct Found: Sendable {
        let state: LogState
        let anchors: [[UInt8]]
        let created: Timestamp
    }

    /// Creates a log with a signed head of size 0; nothing else ever does (I14).
    ///
    /// `path` names the database in a directory that exists; a lock file stands beside it. Throws `StoreRefusal` when
    /// anything is there already, and `UnusableLogKey` for a key that is no log key.
    package static func create(
        at path: String, description: LogDescription, key: any SigningKey, anchors: [[UInt8]], now: Timestamp
    ) async throws {
        guard key.publicKey.subjectPublicKeyInfo == description.key else {
            throw StoreRefusal.unusableKey("it is not the key of the log's description")
        }
        let head = TreeHead(size: .zero, root: MerkleTree.emptyRoot, timestamp: now)
        let signed = try await SignedTreeHead.signing(head, with: key)
        let checkpoint = Checkpoint(origin: description.origin, signedTreeHead: signed)
        try await Blocking.run {
            try SQLiteStoreCreation(
                files: SQLiteFiles(database: path), description: description, checkpoint: checkpoint, anchors: anchors
            ).run()
        }
    }

    /// Opens an existing log after the checks of transparency-log 3.5, items 1 to 8.
    ///
    /// Throws a `StoreRefusal` that says in one line what is wrong. Then the database and its write-ahead log are, byte
    /// for byte, what they were, for whoever has to find out what happened; only SQLite's index of the write-ahead log
    /// may change, and an empty write-ahead log may appear where there was none.
    package static func open(
        at path: String, description: LogDescription, key: any SigningKey, format: RecordFormat, now: Timestamp,
        logger: Logger
    ) async throws -> SQLiteLogStore {
        let files = SQLiteFiles(database: path)
        let (lock, readers) = try await Blocking.run {
            let lock = try StoreLock(path: files.lock)
            return (lock, try openReaders(files, description: description, logger: logger))
        }
        do {
            try await prove(key, is: description.key)
            return try await Blocking.run {
                let found = try reporting(files) {
                    try readers.read { database in
                        let checks = SQLiteStartUpChecks(
                            database: database, description: description, key: key.publicKey, format: format)
                        return try checks.run(now: now, exposed: lock.exposedHead())
                    }
                }
                let writer = try openWriter(files)
                return SQLiteLogStore(files: files, lock: lock, writer: writer, readers: readers, found: found)
            }
        } catch {
            // Only now, because the last connection to go moves the write-ahead log if it may write.
            try? await Blocking.run { try readers.close() }
            lock.release()
            throw error
        }
    }

    package func commit(_ batch: LogBatch) async throws(CommitFailure) {
        let result: Result<Void, CommitFailure> = await withCheckedContinuation { continuation in
            writer.asyncWriteWithoutTransaction { database in
                do throws(CommitFailure) {
                    try self.requireSpace()
                    try SQLiteBatchWriter(database: database).write(batch)
                    do { try self.lock.note(batch.next.signedTreeHead.head) } catch { throw .unknown(error) }
                    continuation.resume(returning: .success(()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        try result.get()
        // Each entry dirties about three pages of the random-key indexes besides its own bytes.
        let pages = batch.entries.count * 3 + 8
        let bytes = batch.entries.reduce(pages * SQLiteSettings.pageSize) { $0 + $1.stored.record.count }
        unchecked.withLock { $0 += bytes }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any LogSnapshot) throws -> Value
    ) async throws -> Value {
        // Not the cancellable form: a client that goes away is no failure of the log.
        try await withCheckedThrowingContinuation { continuation in
            readers.asyncRead { result in
                continuation.resume(with: Result { try body(SQLiteSnapshot(database: try result.get())) })
            }
        }
    }

    package func readForCommit<Value: Sendable>(
        _ body: @escaping @Sendable (any LogSnapshot) throws -> Value
    ) async throws -> Value {
        // The writer's connection: readers have no part in it, and its cache then has the pages that the batch changes.
        // Not the cancellable form: a cancelled sequencer has to integrate what was accepted.
        try await withCheckedThrowingContinuation { continuation in
            writer.asyncWriteWithoutTransaction { database in
                continuation.resume(
                    with: Result {
                        try database.beginTransaction(.deferred)
                        let result = Result { try body(SQLiteSnapshot(database: database)) }
                        try database.rollback()
                        return try result.get()
                    })
            }
        }
    }

    package func maintain() async throws {
        guard unchecked.withLock({ $0 }) >= Self.checkpointByteCount else { return }
        try await write { database in
            let frames = try database.checkpoint(.passive)
            guard frames.walFrameCount == frames.checkpointedFrameCount else { return }
            self.unchecked.withLock { $0 = 0 }
        }
    }

    package func freeze(reason: String) async throws {
        try await write { database in
            try database.execute(
                sql: "INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)",
                arguments: [SQLiteSchema.MetaKey.frozen, reason])
        }
    }

    package func close() async throws {
        try await write { database in _ = try database.checkpoint(.truncate) }
        try await Blocking.run {
            try self.readers.close()
            try self.writer.close()
            self.lock.release()
        }
    }

    package func abandon() async {
        // While a reader has the file open, closing the writer moves nothing from the write-ahead log.
        try? await Blocking.run { try self.writer.close() }
        try? await Blocking.run { try self.readers.close() }
        lock.release()
    }

    private func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            writer.asyncWriteWithoutTransaction { database in
                continuation.resume(with: Result { try body(database) })
            }
        }
    }

    /// Refuses while the volume is nearly full, so that SQLite never meets the end of it.
    private func requireSpace() throws(CommitFailure) {
        guard let space = files.space() else { return }
        guard space.hasRoom else { throw .rolledBack(VolumeNearlyFull(freeByteCount: space.freeByteCount)) }
    }

    package func space() -> VolumeSpace? { files.space() }

    /// The connections that cannot write, after a first look at what they read.
    private static func openReaders(
        _ files: SQLiteFiles, description: LogDescription, logger: Logger
    ) throws -> DatabasePool {
        // SQLite would make a new database of a missing or an empty file.
        guard try SQLiteFiles.byteCount(files.database) >= SQLiteSettings.pageSize else {
            throw StoreRefusal.damaged("\(files.database) is shorter than one page")
        }
        return try reporting(files) {
            let readers = try DatabasePool(path: files.database, configuration: SQLiteSettings.readers)
            try readers.read { database in
                try SQLiteStartUpChecks.compareMeta(database, with: description)
                let version = try SQLiteSettings.version(database)
                guard !SQLiteSettings.isSound(version: version) else { return }
                logger.warning(
                    "SQLite is older than 3.51.3; no other program may open the log's database while it is in use",
                    metadata: ["sqlite.version": "\(version)"])
            }
            return readers
        }
    }

    /// The connection that writes; must not be opened before the checks have passed.
    static func openWriter(_ files: SQLiteFiles) throws -> DatabaseQueue {
        try reporting(files) {
            let writer = try DatabaseQueue(path: files.database, configuration: SQLiteSettings.writer)
            try writer.inDatabase { try SQLiteSettings.verify($0, role: .writer) }
            return writer
        }
    }

    /// Signs something that no tree head and no certificate timestamp begins with (transparency-log 3.5, item 3).
    private static func prove(_ key: any SigningKey, is expected: SubjectPublicKeyInfo) async throws {
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

    /// Turns SQLite's errors into a refusal with its words.
    static func reporting<Value>(_ files: SQLiteFiles, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StoreRefusal.unreadable(path: files.database, reason: error.message ?? "\(error.resultCode)")
        } catch is RowDecodingError {
            throw StoreRefusal.damaged("a stored value has another type than its column")
        } catch is MissingHash {
            throw StoreRefusal.damaged("a tile lacks hashes that the head covers")
        }
    }
}

/// The volume of the log has less room than is kept in reserve.
package struct VolumeNearlyFull: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is left.
    package let freeByteCount: UInt64
    package var description: String { "only \(freeByteCount) bytes are free on the log's volume" }
}
