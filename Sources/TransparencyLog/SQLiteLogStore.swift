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
    let guardFile: GuardFile
    /// Nil for a log that is never written to again.
    private let writer: DatabaseQueue?
    private let readers: DatabasePool
    /// The scrubber's own connection, so that it takes no place from other readers.
    private let scrubReader: DatabaseQueue
    private let format: RecordFormat
    private let unchecked = Mutex(0)
    private let counted = Mutex(StoreCounts())
    private let life = Mutex(Life())

    /// What has happened to the store since it was opened.
    private struct Life {
        var isFrozen = false
        var isClosed = false
    }

    package let initialState: LogState
    package let initialCondition: LogCondition

    /// The accepted trust anchors in force when the store was opened.
    package let anchors: [[UInt8]]

    /// When the log was created: no entry is older.
    package let created: Timestamp

    /// What was fixed when the log was created.
    let description: LogDescription

    /// Bytes of the write-ahead log after which they are moved into the database.
    package static let checkpointByteCount = 32 << 20

    private init(_ opening: SQLiteStoreOpening, found: Found) throws {
        (files, lock, guardFile, readers) = (opening.files, opening.lock, opening.guardFile, opening.readers)
        (format, description, initialCondition) = (opening.format, opening.description, opening.condition)
        (initialState, anchors, created) = (found.state, found.anchors, found.created)
        scrubReader = try Self.reporting(files) { [files] in
            try DatabaseQueue(path: files.database, configuration: SQLiteSettings.scrubber)
        }
        writer = opening.condition.isFinal ? nil : try SQLiteStoreOpening.openMigratedWriter(files)
    }

    /// What the checks at the start have found.
    struct Found: Sendable {
        let state: LogState
        let anchors: [[UInt8]]
        let created: Timestamp
    }

    /// Creates a log with a signed head of size 0; nothing else ever does (I14).
    ///
    /// `path` names the database in a directory that exists; a lock file stands beside it, and the guard file too
    /// unless `guardPath` says otherwise. Throws `StoreRefusal` when anything is there already, and `UnusableLogKey`
    /// for a key that is no log key.
    package static func create(
        at path: String, guardPath: String? = nil, description: LogDescription, key: any SigningKey,
        anchors: [[UInt8]], now: Timestamp
    ) async throws {
        guard key.publicKey.subjectPublicKeyInfo == description.key else {
            throw StoreRefusal.unusableKey("it is not the key of the log's description")
        }
        let head = TreeHead(size: .zero, root: MerkleTree.emptyRoot, timestamp: now)
        let signed = try await SignedTreeHead.signing(head, with: key)
        let checkpoint = Checkpoint(origin: description.origin, signedTreeHead: signed)
        try await Blocking.run {
            let files = SQLiteFiles(database: path)
            try SQLiteStoreCreation(
                files: files, description: description, checkpoint: checkpoint, anchors: anchors,
                guardPath: guardPath ?? files.defaultGuard
            ).run()
        }
    }

    /// Opens an existing log after the checks of transparency-log 3.5.
    ///
    /// Throws a `StoreRefusal` that says in one line what is wrong. Then the database and its write-ahead log are, byte
    /// for byte, what they were, for whoever has to find out what happened; only SQLite's index of the write-ahead log
    /// may change, and an empty write-ahead log may appear where there was none. An old copy, or another history than
    /// the one that was shown, is also noted in the guard file, which is frozen from then on (I13).
    ///
    /// A log that is frozen or closed is opened for reading, with the checks that reading needs.
    package static func open(
        at path: String, guardPath: String? = nil, description: LogDescription, key: any SigningKey,
        format: RecordFormat, now: Timestamp, logger: Logger
    ) async throws -> SQLiteLogStore {
        let opening = try await Blocking.run {
            try SQLiteStoreOpening.take(
                SQLiteFiles(database: path), guardPath: guardPath, description: description, format: format,
                logger: logger)
        }
        do {
            try await SQLiteStoreOpening.prove(key, is: description.key)
            return try await Blocking.run {
                let found = try opening.check(key: key.publicKey, now: now)
                return try SQLiteLogStore(opening, found: found)
            }
        } catch {
            // Only now, because the last connection to go moves the write-ahead log if it may write.
            try? await Blocking.run { try opening.readers.close() }
            opening.guardFile.close()
            opening.lock.release()
            throw error
        }
    }

    package func commit(_ batch: LogBatch) async throws(CommitFailure) {
        // Each entry dirties about three pages of the random-key indexes besides its own bytes.
        let pages = batch.entries.count * 3 + 8
        let bytes = batch.entries.reduce(pages * SQLiteSettings.pageSize) { $0 + $1.stored.record.count }
        try await commit(byteCount: bytes) { writer throws(CommitFailure) in
            try writer.write(batch)
            // The head is committed and nobody has seen it: the guard has to know before anyone does (I13).
            do {
                try self.lock.note(batch.next.signedTreeHead.head)
                try self.guardFile.write(note: batch.note)
            } catch {
                throw .unknown(error)
            }
        }
        counted.withLock { counts in
            counts.commits += 1
            // The guard file's; the transaction counts its own.
            counts.syncs += 1
        }
    }

    package func commit(_ cosignatures: [KeptCosignature], shown: TreeSize?) async throws(CommitFailure) {
        try await commit(byteCount: 2 * SQLiteSettings.pageSize) { writer throws(CommitFailure) in
            try writer.write(cosignatures, shown: shown)
        }
    }

    /// Runs a transaction that adds about so many bytes to the write-ahead log.
    ///
    /// Throws `rolledBack` without a transaction when the log is frozen or a volume has no room.
    private func commit(
        byteCount: Int, _ body: @escaping @Sendable (SQLiteBatchWriter) throws(CommitFailure) -> Void
    ) async throws(CommitFailure) {
        guard let writer else { throw .rolledBack(LogIsFrozen()) }
        let result: Result<Void, CommitFailure> = await withCheckedContinuation { continuation in
            writer.asyncWriteWithoutTransaction { database in
                do throws(CommitFailure) {
                    try self.requireSpace()
                    guard !self.life.withLock({ $0.isFrozen }) else { throw .rolledBack(LogIsFrozen()) }
                    try body(SQLiteBatchWriter(database: database, format: self.format))
                    continuation.resume(returning: .success(()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        try result.get()
        counted.withLock { $0.syncs += 1 }
        unchecked.withLock { $0 += byteCount }
    }

    /// Reads rows that have no part in the tree, in a reader's connection.
    func readRows<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            readers.asyncRead { result in
                continuation.resume(with: Result { try Self.reporting(self.files) { try body(try result.get()) } })
            }
        }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any LogSnapshot) throws -> Value
    ) async throws -> Value {
        // Not the cancellable form: a client that goes away is no failure of the log.
        try await withCheckedThrowingContinuation { continuation in
            readers.asyncRead { result in
                continuation.resume(
                    with: Result {
                        let snapshot = SQLiteSnapshot(database: try result.get())
                        return try body(VerifiedSnapshot(snapshot: snapshot, format: self.format))
                    })
            }
        }
    }

    package func readForCommit<Value: Sendable>(
        _ body: @escaping @Sendable (any LogSnapshot) throws -> Value
    ) async throws -> Value {
        guard let writer else { throw LogIsFrozen() }
        // The writer's connection: readers have no part in it, and its cache then has the pages that the batch changes.
        // Not the cancellable form: a cancelled sequencer has to integrate what was accepted.
        return try await withCheckedThrowingContinuation { continuation in
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
        // The write-ahead log before it is copied, the database after it, and the log's new header.
        try await write(syncs: 3) { database in
            let frames = try database.checkpoint(.passive)
            guard frames.walFrameCount == frames.checkpointedFrameCount else { return }
            self.unchecked.withLock { $0 = 0 }
        }
    }

    package func freeze(reason: String) async throws {
        life.withLock { $0.isFrozen = true }
        guard writer != nil else { return }
        // Both records of the guard file, and the transaction.
        try await write(syncs: 3) { database in
            // Each is tried, because either of the two is enough for the next start.
            let guarded = Result { try self.guardFile.write(state: .frozen(reason: reason)) }
            try database.execute(
                sql: "INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)",
                arguments: [SQLiteSchema.MetaKey.frozen, reason])
            try guarded.get()
        }
    }

    package func closeForGood(actor: String, reason: String, now: Timestamp) async throws {
        life.withLock { $0.isFrozen = true }
        // The transaction, and both records of the guard file.
        try await write(syncs: 3) { database in
            let key = try PublicKey(self.description.key)
            let head = try SQLiteStoredHead.read(database, description: self.description, key: key).signed.head
            _ = try SQLiteStoreOperator.write(.close, actor, reason, now, head, database)
            // A crash before this leaves a store that is closed by itself, which is enough for the next start.
            try self.guardFile.write(state: .closed(reason: reason))
        }
    }

    package func close() async throws {
        guard writer != nil else { return await abandon() }
        life.withLock { $0.isClosed = true }
        try? await Blocking.run { try self.scrubReader.close() }
        // The write-ahead log before it is copied, and the database after it.
        try await write(syncs: 2) { database in _ = try database.checkpoint(.truncate) }
        try await Blocking.run {
            try self.readers.close()
            try self.writer?.close()
            self.guardFile.close()
            self.lock.release()
        }
    }

    package func abandon() async {
        life.withLock { $0.isClosed = true }
        // While a reader has the file open, closing the writer moves nothing from the write-ahead log.
        try? await Blocking.run { try self.writer?.close() }
        try? await Blocking.run { try self.scrubReader.close() }
        try? await Blocking.run { try self.readers.close() }
        guardFile.close()
        lock.release()
    }

    package var counts: StoreCounts { counted.withLock { $0 } }

    /// Whether `close()` or `abandon()` was called.
    var isClosed: Bool { life.withLock { $0.isClosed } }

    /// Runs `body` on one view of what is committed, in the scrubber's own connection and at low priority.
    func readForScrub<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            scrubReader.asyncRead { result in
                continuation.resume(with: Result { try Self.reporting(self.files) { try body(try result.get()) } })
            }
        }
    }

    /// Writes what has to be kept of a frozen log as well; throws `LogIsFrozen` when nothing can be written.
    func noteEvenFrozen(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        guard !isClosed else { throw LogIsFrozen() }
        try await write(body)
    }

    /// Writes what is no part of the tree, unless the log is frozen.
    func note(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        guard !life.withLock({ $0.isFrozen || $0.isClosed }) else { return }
        try await write(body)
    }

    /// Runs `body` in the writer's connection; it waits for the disk `syncs` times, once for one transaction.
    private func write(syncs: UInt64 = 1, _ body: @escaping @Sendable (Database) throws -> Void) async throws {
        guard let writer else { throw LogIsFrozen() }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            writer.asyncWriteWithoutTransaction { database in
                continuation.resume(with: Result { try body(database) })
            }
        }
        counted.withLock { $0.syncs += syncs }
    }

    /// Refuses while a volume is nearly full, so that SQLite never meets the end of it (R-14).
    private func requireSpace() throws(CommitFailure) {
        guard let space = space() else { return }
        guard space.hasRoom else { throw .rolledBack(VolumeNearlyFull(freeByteCount: space.freeByteCount)) }
    }

    package func space() -> VolumeSpace? {
        let database = files.space()
        guard database?.hasRoom != false, let guarding = guardFile.space(), !guarding.hasRoom else { return database }
        return guarding
    }

    /// Turns SQLite's errors into a refusal with its words.
    static func reporting<Value>(_ files: SQLiteFiles, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError where [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode) {
            throw StoreRefusal.damaged("SQLite says: \(error.message ?? "\(error.resultCode)")")
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

/// Nothing is written to the log any more; see `LogCondition`.
package struct LogIsFrozen: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String { "nothing is written to this log any more" }
}
