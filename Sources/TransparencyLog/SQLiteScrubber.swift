internal import GRDB
package import Logging
package import OpenSSL
internal import Synchronization

/// Recomputes the whole log again and again while it runs, slowly and in a connection of its own.
///
/// Each step looks at one data tile in one short view of the store, so that no view stands in the way of the writer.
/// Where it was is kept in the store, if that is ever written to again; otherwise each start begins a pass. It repairs
/// nothing: the first thing that is wrong ends it and freezes the log.
package final class SQLiteScrubber: Sendable {
    private let store: SQLiteLogStore
    private let policy: ScrubPolicy
    private let format: RecordFormat
    private let key: PublicKey
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let current = Mutex(ScrubStatus())

    /// A scrubber of an open store.
    package init(
        store: SQLiteLogStore, policy: ScrubPolicy, format: RecordFormat, key: PublicKey,
        clock: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        (self.store, self.policy, self.format, self.key) = (store, policy, format, key)
        (self.clock, self.logger) = (clock, logger)
    }

    /// How far it is, for metrics and for whoever asks.
    package var status: ScrubStatus { current.withLock { $0 } }

    /// Scrubs until the task is cancelled, the store is closed, or something is wrong; answers with what is.
    package func run() async -> String? {
        while !Task.isCancelled, !store.isClosed {
            do {
                try await passes()
            } catch is CancellationError {
                return nil
            } catch let refusal as StoreRefusal where refusal.isDamage {
                logger.critical("the scrub of the log found damage", metadata: ["finding": "\(refusal)"])
                current.withLock { ($0.finding, $0.isRunning) = ("\(refusal)", false) }
                return "\(refusal)"
            } catch {
                guard !store.isClosed else { return nil }
                // Not being able to look is no finding about the tree.
                logger.error("the scrub of the log was interrupted", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(60))
            }
        }
        return nil
    }

    private func passes() async throws {
        var progress = try await resume()
        while !Task.isCancelled {
            try await wait(for: progress)
            try await pass(&progress)
        }
    }

    private func resume() async throws -> SQLiteScrubProgress {
        let fresh = SQLiteScrubProgress(
            peaks: Peaks(), began: Timestamp(milliseconds: 0), completed: Timestamp(milliseconds: 0))
        let found = try await store.readForScrub { [store, key] database in
            let head = try Self.head(database, of: store.description, key: key)
            return try? SQLiteScrubProgress.read(database, size: head.size)
        }
        if let completed = found?.completed, completed.milliseconds > 0 {
            current.withLock { $0.completed = completed }
        }
        // What was kept before the log ended stays for ever, and what lies before that place would never be looked at.
        return store.initialCondition.isFinal ? fresh : found ?? fresh
    }

    /// Waits until the next pass is due; one that was interrupted goes on at once.
    private func wait(for progress: SQLiteScrubProgress) async throws {
        guard progress.peaks.size == .zero else { return }
        let (seconds, attoseconds) = policy.interval.components
        let interval = UInt64(clamping: seconds) * 1000 + UInt64(clamping: attoseconds / 1_000_000_000_000_000)
        while true {
            let now = clock()
            let due = progress.began.adding(milliseconds: interval)
            guard progress.began.milliseconds > 0, progress.began <= now, now < due else { return }
            // The wall clock may be set, so it is asked again every hour.
            try await Task.sleep(for: .milliseconds(Int64(min(due.milliseconds - now.milliseconds, 3_600_000))))
        }
    }

    private func pass(_ progress: inout SQLiteScrubProgress) async throws {
        if progress.peaks.size == .zero { progress.began = clock() }
        var audit = TreeAudit(
            depth: .records, description: store.description, key: key, format: format, after: progress.peaks)
        logger.info("a scrub of the log begins", metadata: ["position": "\(audit.position)"])
        var lastNote = ContinuousClock.now
        while true {
            let began = ContinuousClock.now
            let before = audit.position
            let step = try await step(audit)
            audit = step.audit
            let size = step.size
            current.withLock { ($0.isRunning, $0.position, $0.size) = (true, audit.position, size) }
            if step.isLast { break }
            if lastNote.duration(to: .now) >= policy.keptEvery {
                progress.peaks = audit.peaks
                try await keep(progress)
                logger.info(
                    "the log is scrubbed", metadata: ["position": "\(audit.position)", "size": "\(size)"])
                lastNote = .now
            }
            let pace = policy.pace(
                entryCount: audit.position - before, byteCount: audit.lastStepByteCount, size: size)
            try await Task.sleep(until: began.advanced(by: pace), clock: .continuous)
        }
        (progress.peaks, progress.completed) = (Peaks(), clock())
        try await keep(progress)
        let completed = progress.completed
        current.withLock { ($0.isRunning, $0.position, $0.completed) = (false, 0, completed) }
        logger.notice(
            "a scrub of the log found nothing wrong",
            metadata: ["entries": "\(audit.position)", "checkpoints": "\(audit.checkpointCount)"])
    }

    private struct Step: Sendable {
        let audit: TreeAudit
        let size: UInt64
        let isLast: Bool
    }

    private func step(_ audit: TreeAudit) async throws -> Step {
        try await store.readForScrub { [store, key] database in
            let snapshot = SQLiteSnapshot(database: database)
            let head = try Self.head(database, of: store.description, key: key)
            var audit = audit
            try audit.advance(in: snapshot, head: head)
            let isLast = audit.isComplete(for: head)
            if isLast { try audit.finish(in: snapshot, head: head) }
            return Step(audit: audit, size: head.size.value, isLast: isLast)
        }
    }

    private func keep(_ progress: SQLiteScrubProgress) async throws {
        guard !store.initialCondition.isFinal else { return }
        try await store.note { try progress.write($0) }
    }

    private static func head(_ database: Database, of description: LogDescription, key: PublicKey) throws -> TreeHead {
        try SQLiteStoredHead.read(database, description: description, key: key).signed.head
    }
}
