internal import OpenSSL
internal import Synchronization

/// Submissions that are not in the tree yet, bounded in number and bytes (transparency-log 3.4 W2, W3).
///
/// Strangers never have more than half of the places, so that the log's own authority always finds one.
final class SubmissionQueue: Sendable {
    /// A submission with everyone who waits for it.
    struct Pending: Sendable {
        let submission: Submission
        let accepted: ContinuousClock.Instant
        let source: SubmissionSource
        var waiters: [Waiter]
    }

    /// How much may wait, and how much is taken at a time.
    struct Limits: Hashable, Sendable {
        var entryCount = 4096
        var byteCount = 32 << 20
        var batchEntryCount = 1024
        var batchByteCount = 4 << 20
        /// Callers that may wait for one and the same entry.
        var waiterCount = 1024
    }

    fileprivate enum Phase {
        case open
        case closing
        case stopped
    }

    /// Each key is in `pending` from the moment it is accepted until its entry is durable or has failed, so that an
    /// equal submission always finds it there or finds the entry in the store.
    struct State {
        fileprivate var phase = Phase.open
        /// What every submission is answered with since the log is frozen or closed.
        fileprivate var refusal: SubmissionFailure?
        var pending: [SHA256Digest: Pending] = [:]
        var order: [SHA256Digest] = []
        var queuedByteCount = 0
        var strangerCount = 0
        var strangerByteCount = 0
    }

    let state = Mutex(State())
    private let limits: Limits

    /// A value for each change that the sequencer should look at; several may come as one.
    let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation

    init(limits: Limits = Limits()) {
        self.limits = limits
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Adds a submission or joins an equal one; throws when there is no room or the log has ended.
    func add(_ submission: Submission, from source: SubmissionSource, waiter: Waiter) throws(SubmissionFailure) {
        let failure = state.withLock { Self.add(submission, source, waiter, to: &$0, limits: limits) }
        if let failure { throw failure }
        changed.yield()
    }

    private static func add(
        _ submission: Submission, _ source: SubmissionSource, _ waiter: Waiter, to state: inout State, limits: Limits
    ) -> SubmissionFailure? {
        guard case .open = state.phase else { return .stopped }
        if let refusal = state.refusal { return refusal }
        if let present = state.pending[submission.key] {
            guard present.waiters.count < limits.waiterCount else { return .queueFull(retryAfter: retryAfter()) }
            state.pending[submission.key]?.waiters.append(waiter)
            return nil
        }
        let bytes = submission.byteCount
        guard state.order.count < limits.entryCount, bytes <= limits.byteCount - state.queuedByteCount else {
            return .queueFull(retryAfter: retryAfter())
        }
        if source == .stranger {
            guard hasRoom(for: bytes, in: state, limits: limits) else { return .queueFull(retryAfter: retryAfter()) }
            state.strangerCount += 1
            state.strangerByteCount += bytes
        }
        state.queuedByteCount += bytes
        state.order.append(submission.key)
        state.pending[submission.key] = Pending(
            submission: submission, accepted: .now, source: source, waiters: [waiter])
        return nil
    }

    /// Whether strangers may add so many bytes: the other half is the own authority's, whatever they send.
    private static func hasRoom(for byteCount: Int, in state: State, limits: Limits) -> Bool {
        state.strangerCount < limits.entryCount / 2 && state.order.count < limits.entryCount
            && byteCount <= limits.byteCount / 2 - state.strangerByteCount
    }

    /// Whether a stranger's submission would be refused now, whatever it says; asked before anything is verified.
    var isFullForStrangers: Bool {
        state.withLock { !Self.hasRoom(for: 1, in: $0, limits: limits) }
    }

    /// The oldest submissions, as many as make one batch; they stay pending until `finish`.
    func takeBatch() -> [Submission] {
        state.withLock { state in
            var (batch, bytes) = ([Submission](), 0)
            while batch.count < min(limits.batchEntryCount, state.order.count) {
                guard let next = state.pending[state.order[batch.count]]?.submission else { break }
                guard batch.isEmpty || bytes + next.byteCount <= limits.batchByteCount else { break }
                bytes += next.byteCount
                batch.append(next)
            }
            state.order.removeFirst(batch.count)
            state.queuedByteCount -= bytes
            for taken in batch where state.pending[taken.key]?.source == .stranger {
                state.strangerCount -= 1
                state.strangerByteCount -= taken.byteCount
            }
            return batch
        }
    }

    /// How many submissions no batch has taken; nil when they make a full batch, which more would not enlarge.
    var incompleteCount: Int? {
        state.withLock { state in
            let isFull =
                state.order.count >= limits.batchEntryCount || state.queuedByteCount >= limits.batchByteCount
            return isFull ? nil : state.order.count
        }
    }

    /// Removes a submission and wakes everyone who waited for it; says when it was accepted.
    @discardableResult
    func finish(_ key: SHA256Digest, _ result: Result<SequencedEntry, any Error>) -> ContinuousClock.Instant? {
        let finished = state.withLock { $0.pending.removeValue(forKey: key) }
        for waiter in finished?.waiters ?? [] { waiter.resume(with: result) }
        return finished?.accepted
    }

    /// What is accepted and not in the tree yet.
    var load: QueueLoad {
        state.withLock { state in
            QueueLoad(
                queuedCount: state.order.count, waitingCount: state.pending.values.reduce(0) { $0 + $1.waiters.count })
        }
    }

    /// Whether it has ended for good.
    var isStopped: Bool {
        state.withLock { if case .stopped = $0.phase { true } else { false } }
    }

    /// Accepts nothing more; what is queued stays.
    func close() {
        state.withLock { if case .open = $0.phase { $0.phase = .closing } }
        changed.yield()
    }

    /// Answers everyone who waits, and everyone who comes, with one failure from now on.
    func refuse(with failure: SubmissionFailure) {
        let waiters = state.withLock { state in
            state.refusal = failure
            let waiters = state.pending.values.flatMap(\.waiters)
            (state.pending, state.order, state.queuedByteCount) = ([:], [], 0)
            (state.strangerCount, state.strangerByteCount) = (0, 0)
            return waiters
        }
        for waiter in waiters { waiter.resume(with: .failure(failure)) }
    }

    /// Answers everyone who comes with one failure from now on; what was accepted stays.
    func refuseNew(with failure: SubmissionFailure) {
        state.withLock { $0.refusal = failure }
        changed.yield()
    }

    /// Whether `close` was called and nothing is left to take.
    var isDrained: Bool {
        state.withLock { state in
            if case .open = state.phase { false } else { state.order.isEmpty }
        }
    }

    /// Ends for good: everyone who waits is told.
    func stop() {
        let waiters = state.withLock { state in
            defer {
                state = State()
                state.phase = .stopped
            }
            return state.pending.values.flatMap(\.waiters)
        }
        for waiter in waiters { waiter.resume(with: .failure(SubmissionFailure.stopped)) }
        changed.finish()
    }

    /// Makes the sequencer look, for instance because time has passed.
    func wake() {
        changed.yield()
    }

    /// Seconds after which another try is worth it, spread so that not all come back at once.
    static func retryAfter() -> Int {
        Int.random(in: 1...5)
    }
}
