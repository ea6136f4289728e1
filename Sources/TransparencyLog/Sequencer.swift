package import Logging
package import OpenSSL
internal import Synchronization

/// Puts submissions into the tree, one batch after the other (transparency-log 3.4 W2 to W12).
///
/// There is no tick: a batch is whatever was queued while the last commit ran and while others in the process could
/// still add to it, so an idle log answers after one commit and a busy one fills its batches by itself. Only `run()`
/// touches the end of the tree.
package final class Sequencer: Sendable {
    let store: any LogStore
    let description: LogDescription
    private let key: any SigningKey
    private let format: RecordFormat
    let published: PublishedHead
    let received = Mutex<[ReceivedCosignature]>([])
    private let clock: @Sendable () -> Timestamp
    private let heartbeat: Duration
    let logger: Logger
    private let sequenced: @Sendable (Duration) -> Void
    let queue: SubmissionQueue

    /// The order to end the log for good, until it is carried out and after.
    private let ending = Mutex<Ending?>(nil)

    private struct Ending {
        let actor: String
        let reason: String
    }

    /// What the log does at the moment.
    package let condition: CurrentCondition

    /// A sequencer of a store that was opened for it alone.
    ///
    /// `heartbeat` is the longest time between two heads (1.6.3); `clock` is the wall clock. `sequenced` is told of
    /// every new entry how long it took from its acceptance to the head that covers it.
    package init(
        store: any LogStore, description: LogDescription, key: any SigningKey, format: RecordFormat,
        published: PublishedHead, heartbeat: Duration = .seconds(30), clock: @escaping @Sendable () -> Timestamp,
        logger: Logger, sequenced: @escaping @Sendable (Duration) -> Void = { _ in }
    ) {
        (self.store, self.description, self.key, self.format) = (store, description, key, format)
        (self.published, self.heartbeat, self.clock, self.logger) = (published, heartbeat, clock, logger)
        self.sequenced = sequenced
        queue = SubmissionQueue()
        condition = CurrentCondition(store.initialCondition)
        if let failure = store.initialCondition.submissionFailure { queue.refuse(with: failure) }
    }

    /// What the store has done since it was opened.
    package var storeCounts: StoreCounts { store.counts }

    /// What is accepted and not in the tree yet.
    package var load: QueueLoad { queue.load }

    /// Whether the log takes nothing more in this process, by order or because it failed.
    package var isStopped: Bool { queue.isStopped }

    /// Waits until the submission is durably in the tree, or one equal to it is, and in the published one.
    ///
    /// Throws `SubmissionFailure`, or `CancellationError` when the caller is cancelled: then the entry stays (I15).
    /// Waits for ever unless `run()` is running or comes to run.
    package func submit(
        _ submission: Submission, from source: SubmissionSource = .ownAuthority
    ) async throws -> SequencedEntry {
        let waiter = Waiter()
        let entry = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiter.wait(continuation)
                do throws(SubmissionFailure) {
                    try queue.add(submission, from: source, waiter: waiter)
                } catch {
                    waiter.resume(with: .failure(error))
                }
            }
        } onCancel: {
            waiter.cancel()
        }
        try await published.waitUntilShown(entry.index)
        return entry
    }

    /// Throws `SubmissionFailure` when a stranger's submission would be refused now, before anybody has verified it.
    package func requireRoomForStrangers() throws(SubmissionFailure) {
        if let failure = condition.value.submissionFailure { throw failure }
        guard queue.isFullForStrangers else { return }
        throw .queueFull(retryAfter: SubmissionQueue.retryAfter())
    }

    /// Accepts nothing more; `run()` integrates what was accepted, closes the store and returns.
    package func shutDown() {
        queue.close()
    }

    /// Stops signing for good, because what is stored cannot be trusted (transparency-log 3.5): reads go on.
    ///
    /// No head is shown from now on that was not before: one that is being committed at this moment stays in the store,
    /// and whoever waits for its entries is told so, as everyone else who waits. The store remembers the freeze, so
    /// that a restart does not forget.
    package func freeze(because reason: String) async {
        guard condition.move(to: .frozen(reason: reason)) else { return }
        // First, because an entry is only ever answered with after its head is shown.
        published.end(with: .frozen)
        queue.refuse(with: .frozen)
        logger.critical("the log is frozen", metadata: ["reason": "\(reason)"])
        do {
            try await store.freeze(reason: reason)
        } catch {
            logger.critical("the freeze could not be written down", metadata: ["error": "\(error)"])
        }
    }

    /// Whether the log takes entries or will again: it is not closed, and nobody has ordered that it be.
    package var isOpen: Bool {
        if case .closed = condition.value { false } else { ending.withLock { $0 == nil } }
    }

    /// Ends the log for good: what was accepted still gets into the tree, then a last head is signed (3.5).
    ///
    /// Nothing is accepted from this call on. `condition` says when it is done. The last head is tried again and again
    /// while the log cannot write; a failure after it, when the end is written down, ends `run()` with that error, and
    /// the order has to be given again. Does nothing for a log that is frozen or closed, and the first order counts.
    package func closeForGood(because reason: String, by actor: String) {
        guard !condition.value.isFinal else { return }
        ending.withLock { $0 = $0 ?? Ending(actor: actor, reason: reason) }
        queue.refuseNew(with: .closed)
    }

    /// Sequences until `shutDown()` or the task is cancelled; both integrate what was accepted.
    ///
    /// Throws when the store is in a state that only a new process may judge (I12, R-13), or when another process has
    /// moved the head: the process has to end then. Runs once.
    package func run() async throws {
        defer { queue.stop() }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [queue, heartbeat] in
                    // A fraction of the period, so that a head is never much older than one.
                    while !Task.isCancelled {
                        queue.wake()
                        try? await Task.sleep(for: heartbeat / 4)
                    }
                }
                defer { group.cancelAll() }
                try await sequence()
            }
            // A frozen log stays as it is, for whoever has to find out what happened.
            if case .frozen = condition.value { await store.abandon() } else { try await store.close() }
        } catch {
            logger.critical("the log stops", metadata: ["error": "\(error)"])
            queue.stop()
            await store.abandon()
            throw error
        }
    }

    private func sequence() async throws {
        var tree = SequencedTree(state: store.initialState)
        for await _ in queue.changes {
            guard !condition.value.isFinal else {
                if queue.isDrained { return }
                continue
            }
            while case let batch = await gatherBatch(), !batch.isEmpty { try await integrate(batch, into: &tree) }
            try await keepCosignatures()
            // A log that waits for room or for the clock tries again soon, so that it comes back by itself.
            let isWaiting = if case .readOnlyTemporarily = condition.value { true } else { false }
            if isWaiting || tree.isDue(after: heartbeat) { try await integrate([], into: &tree) }
            try await endIfOrdered(&tree)
            if queue.isDrained { return }
        }
        // The task was cancelled: what was accepted is a promise nevertheless.
        queue.close()
        while !queue.isDrained { try await integrate(queue.takeBatch(), into: &tree) }
    }

    /// How long a batch may wait for more (transparency-log 3.4 W4), beside the last turn of the others.
    private static let lingering = Duration.milliseconds(2)

    /// Takes a batch after all who can run had their turn, as long as that makes it larger.
    ///
    /// Two synchronisations are then shared by all that the processors can get ready meanwhile. Nobody waits for a
    /// clock: with nothing else to run, a turn takes microseconds.
    private func gatherBatch() async -> [Submission] {
        let start = ContinuousClock.now
        var count = 0
        while let queued = queue.incompleteCount, queued > count, start.duration(to: .now) < Self.lingering {
            count = queued
            await Task.yield()
        }
        return queue.takeBatch()
    }

    /// The state that the next batch is built on, and the clock that dates it.
    private struct SequencedTree {
        var state: LogState
        var clock = ClockGuard()
        /// When the last batch was committed; never yet at the start, so that the first head comes at once.
        var lastCommit: ContinuousClock.Instant?

        func isDue(after period: Duration) -> Bool {
            lastCommit.map { $0.duration(to: .now) >= period } ?? true
        }
    }

    /// Takes one batch, which may be empty, from W2 to W12.
    private func integrate(_ batch: [Submission], into tree: inout SequencedTree) async throws {
        do {
            let new = try await answerDuplicates(in: batch)
            guard batch.isEmpty || !new.isEmpty else { return }
            if let obstacle = published.obstacle { throw Withheld(description: obstacle) }
            let timestamp = try tree.clock.stamp(
                after: tree.state.signedTreeHead.head.timestamp, now: clock(), at: .now)
            let built = try BatchBuilder(base: tree.state, format: format).build(new, timestamp: timestamp)
            for key in built.refused { queue.finish(key, .failure(SubmissionFailure.notEncodable)) }
            guard batch.isEmpty || !built.entries.isEmpty else { return }
            try await commit(built, into: &tree)
            for (key, entry) in built.sequenced {
                guard let accepted = queue.finish(key, .success(entry)) else { continue }
                sequenced(accepted.duration(to: .now))
            }
        } catch let refusal as ClockGuard.Refusal {
            pause(because: "\(refusal)", batch)
        } catch let withheld as Withheld {
            pause(because: withheld.description, batch)
        } catch CommitFailure.rolledBack(let error) {
            pause(because: "\(error)", batch)
        } catch is Ended {
            // Whoever froze the log tells everyone who waits.
            return
        } catch let wrong as WrongDuplicate {
            await freeze(because: "the index of duplicates points to a wrong entry \(wrong.index.value)")
        }
        guard !condition.value.isFinal else { return }
        try await store.maintain()
    }

    /// Signs the final head and closes the store, once nothing that was accepted waits any more.
    ///
    /// A crash in between leaves a log that is still open with one head more; the order is given again then.
    private func endIfOrdered(_ tree: inout SequencedTree) async throws {
        guard let order = ending.withLock({ $0 }), !condition.value.isFinal, queue.load.queuedCount == 0 else { return }
        // Nobody asks witnesses about a closed log: what is in it would never be shown.
        guard published.newest.text == published.checkpoint.text else { return }
        let epoch = tree.state.epoch
        try await integrate([], into: &tree)
        // Without a head the log cannot write for now.
        guard tree.state.epoch > epoch, !condition.value.isFinal else { return }
        try await store.closeForGood(actor: order.actor, reason: order.reason, now: clock())
        guard condition.move(to: .closed(reason: order.reason)) else { return }
        logger.notice(
            "the log is closed for good",
            metadata: [
                "reason": "\(order.reason)", "by": "\(order.actor)",
                "size": "\(tree.state.signedTreeHead.head.size.value)",
            ])
    }

    /// W2: wakes those whose entry is in the tree already and answers the submissions that are new.
    ///
    /// Nothing can commit between this look and the batch's own commit, because only this task commits.
    private func answerDuplicates(in batch: [Submission]) async throws -> [Submission] {
        guard !batch.isEmpty else { return [] }
        let keys = batch.map(\.key)
        let found: [StoredEntry?]
        do {
            found = try await store.readForCommit { snapshot in
                try keys.map { key in
                    guard let index = try snapshot.index(forKey: key) else { return nil }
                    let range = index.value..<(index.value + 1)
                    guard let entry = try snapshot.entries(in: range, byteCount: 1).first else {
                        throw WrongDuplicate(index: index)
                    }
                    return entry
                }
            }
        } catch let wrong as WrongDuplicate {
            throw wrong
        } catch {
            throw CommitFailure.rolledBack(error)
        }
        for case (let submission, let stored?) in zip(batch, found) {
            guard let entry = present(stored, for: submission) else {
                throw WrongDuplicate(index: stored.index)
            }
            queue.finish(submission.key, .success(entry))
        }
        return zip(batch, found).filter { $1 == nil }.map(\.0)
    }

    /// The answer for an equal entry, after what is stored was compared with what is asked for (1.7.2).
    private func present(_ stored: StoredEntry, for submission: Submission) -> SequencedEntry? {
        guard let parsed = try? format.parse(stored.record), parsed.identity == submission.identity,
            parsed.index == stored.index, MerkleTree.leafHash(of: parsed.leafInput) == stored.leafHash
        else { return nil }
        return SequencedEntry(
            index: parsed.index, timestamp: parsed.timestamp, record: stored.record, leafInput: parsed.leafInput)
    }

    /// Witnesses have not said yet what they must say before anything is signed, or have stopped the log.
    private struct Withheld: Error {
        let description: String
    }

    /// The log was frozen while a head was being made: nobody may see that head, nor an entry that only it covers.
    private struct Ended: Error {}

    /// The index of duplicates points to an entry that is none: the store was changed by another hand.
    private struct WrongDuplicate: Error {
        let index: LeafIndex
    }

    /// W7 to W10 and W12: signs the head, commits, and only then lets anyone see it.
    ///
    /// Throws `Ended` when the log is frozen meanwhile; the batch is then in the store or not.
    private func commit(_ built: BatchBuilder.Built, into tree: inout SequencedTree) async throws {
        guard !condition.value.isFinal else { throw Ended() }
        let signed: SignedTreeHead
        do {
            signed = try await SignedTreeHead.signing(built.head, with: key)
        } catch let error as UnusableLogKey {
            throw error
        } catch {
            throw CommitFailure.rolledBack(error)
        }
        let checkpoint = Checkpoint(origin: description.origin, signedTreeHead: signed)
        let note = checkpoint.note(logID: description.logID).bytes
        guard try Checkpoint(parsing: note, origin: description.origin, key: key.publicKey) == checkpoint else {
            throw BatchBuilder.Contradiction(what: "the checkpoint does not read back")
        }
        let next = LogState(
            epoch: tree.state.epoch + 1, signedTreeHead: signed, peaks: built.peaks, edge: built.edge)
        // Whoever froze the log while the key worked wants no further head.
        guard !condition.value.isFinal else { throw Ended() }
        let cosignatures = takeReceived()
        let shown = published.shown(with: cosignatures, next: checkpoint)
        let batch = LogBatch(
            base: tree.state, next: next, note: note, entries: built.entries, tiles: built.tiles,
            attachments: built.attachments, cosignatures: cosignatures.map(\.kept), shown: shown)
        do {
            try await store.commit(batch)
        } catch {
            putBack(cosignatures)
            throw error
        }
        (tree.state, tree.lastCommit) = (next, .now)
        if condition.move(to: .serving) {
            logger.notice("the log writes", metadata: ["size": "\(built.head.size.value)"])
        }
        attach(cosignatures)
        guard published.publish(checkpoint) else { throw Ended() }
    }

    /// Tells everyone in a batch to come back: nothing of it was written, and reads go on.
    private func pause(because reason: String, _ batch: [Submission]) {
        if condition.move(to: .readOnlyTemporarily(reason: reason)) {
            logger.error("the log does not write for now", metadata: ["reason": "\(reason)"])
        }
        for submission in batch {
            let failure =
                condition.value.submissionFailure
                ?? .temporarilyUnavailable(retryAfter: SubmissionQueue.retryAfter())
            queue.finish(submission.key, .failure(failure))
        }
    }
}
