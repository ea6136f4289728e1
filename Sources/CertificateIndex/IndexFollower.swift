package import Logging
package import OpenSSL
internal import Synchronization
package import TransparencyLog

/// Keeps the index of one log up to its published head, and builds it anew when it cannot be used.
///
/// Reads the log through a connection of its own and writes a database of its own, so that the log's writer never waits
/// for it; it goes behind while the writer is busy. Whatever goes wrong here is a warning and never stops the log.
package final class IndexFollower: Sendable {
    private let path: String
    private let source: SQLiteLogSource
    private let pace: IndexPace
    private let logger: Logger
    private let state = Mutex(IndexStatus())

    /// The log, searched with the index as it is.
    package let log: SearchableLog

    /// A follower of the log that a reader reads.
    ///
    /// `path` is where the index is or is to be. `source` is the same log through another connection, which closes with
    /// the follower. `waiting` says how many callers wait for the log's writer.
    package init(
        path: String, origin: Origin, logID: SHA256Digest, reader: LogReader, source: SQLiteLogSource,
        waiting: @escaping @Sendable () -> Int, logger: Logger
    ) {
        (self.path, self.source, self.logger) = (path, source, logger)
        pace = IndexPace(waiting: waiting)
        log = SearchableLog(origin: origin, logID: logID, reader: reader.reading(source), index: CurrentIndex())
    }

    /// How the index is.
    package var status: IndexStatus {
        var status = state.withLock { $0 }
        status.size = log.indexedSize
        return status
    }

    /// Entries of the published tree that are not in the index yet.
    package var lag: UInt64 {
        let size = log.reader.checkpoint.signedTreeHead.head.size.value
        return size - min(size, log.indexedSize)
    }

    /// Follows the log until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await follow(try await opened())
            } catch is CancellationError {
                break
            } catch let unusable as IndexUnusable {
                await rebuild(because: unusable)
            } catch {
                logger.warning("the certificate index does not grow", metadata: ["cause": "\(error)"])
                state.withLock { $0.failure = "the certificate index does not grow" }
                // The index stays open: what is in it is right, and to open it anew means to read all of it.
                try? await Task.sleep(for: .seconds(5))
            }
        }
        log.index.withdraw()?.close()
        await source.close()
    }

    /// The index that is open already, the one that is there, or a new one.
    private func opened() async throws -> (IndexDatabase, IndexWatermark) {
        if let database = log.index.state.database {
            let watermark = try await database.watermark()
            try requireUsable(database)
            return (database, watermark)
        }
        let identity = IndexDatabase.Identity(origin: log.origin, logID: log.logID)
        guard FileStatus(path, followsLinks: false) != nil else {
            // What a removed database left behind would be taken for the new one's.
            IndexDatabase.remove(path)
            logger.notice("the certificate index is built", metadata: ["file": "\(path)"])
            return (try await IndexDatabase.create(path, of: identity), .empty)
        }
        let database = try await IndexDatabase.open(path, of: identity, isReadOnly: false)
        do {
            let watermark = try await database.watermark()
            try await IndexCheck.require(watermark, fits: log.reader)
            return (database, watermark)
        } catch {
            database.close()
            throw error
        }
    }

    private func rebuild(because unusable: IndexUnusable) async {
        logger.warning("the certificate index is built anew", metadata: ["reason": "\(unusable)", "file": "\(path)"])
        let count = state.withLock { state in
            state.rebuildCount += 1
            state.failure = "the certificate index is being built anew"
            return state.rebuildCount
        }
        log.index.withdraw()?.close()
        IndexDatabase.remove(path)
        // What breaks at once again must not keep the processor busy.
        if count > 1 { try? await Task.sleep(for: .seconds(1)) }
    }

    private func follow(_ opened: (database: IndexDatabase, watermark: IndexWatermark)) async throws {
        var watermark = opened.watermark
        var lastNote = ContinuousClock.now
        log.index.use(opened.database, size: watermark.size)
        while true {
            try Task.checkCancellation()
            try requireUsable(opened.database)
            let size = log.reader.checkpoint.signedTreeHead.head.size.value
            guard watermark.size < size else {
                state.withLock { $0.failure = nil }
                try await Task.sleep(for: IndexPace.idle)
                continue
            }
            guard log.reader.space?.hasRoom != false else {
                state.withLock { $0.failure = "the certificate index waits for room on the log's volume" }
                try await Task.sleep(for: .seconds(1))
                continue
            }
            let began = ContinuousClock.now
            watermark = try await step(opened.database, watermark, size)
            if lastNote.duration(to: .now) >= .seconds(10) {
                logger.info(
                    "the certificate index grows", metadata: ["position": "\(watermark.size)", "size": "\(size)"])
                lastNote = .now
            }
            try await pace.rest(after: began.duration(to: .now), lag: size - min(size, watermark.size))
        }
    }

    /// Reads one page of entries and adds it.
    private func step(
        _ database: IndexDatabase, _ watermark: IndexWatermark, _ size: UInt64
    ) async throws -> IndexWatermark {
        let page = try await log.reader.page(from: watermark.size, through: size - 1)
        let entries = try page.entries.map { try LoggedCertificate($0, attachments: page.attachments) }
        guard let last = page.entries.last else { throw MissingHash() }
        let next = IndexWatermark(size: last.index.value + 1, leafHash: last.leafHash.bytes)
        try await database.append(entries, after: watermark, to: next)
        log.index.advance(to: next.size)
        return next
    }

    private func requireUsable(_ database: IndexDatabase) throws {
        if let finding = log.index.state.finding { throw IndexUnusable(finding) }
        guard database.isInPlace else { throw IndexUnusable("its file was removed") }
    }
}
