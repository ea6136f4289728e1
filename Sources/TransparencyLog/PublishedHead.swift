internal import Synchronization

/// The newest head that answers may reveal, shared by the sequencer and everyone who reads (I11), and the newest one
/// that is committed.
///
/// The two are one, unless witnesses must agree first (transparency-log 3.7.5): then a head is shown once a quorum of
/// them has cosigned its text.
package final class PublishedHead: Sendable {
    private struct State {
        var published: Checkpoint
        var newest: Checkpoint
        /// By text, and by the position of the witness in the policy.
        var cosignatures: [CheckpointText: [Int: Cosignature]] = [:]
        var withholding: Withholding?
        var obstacle: String?
        /// Why no other head is shown any more; nil while heads are.
        var end: SubmissionFailure?
        var waiters: [UInt64: (index: LeafIndex, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var nextWaiter: UInt64 = 0
    }

    /// The rule that keeps heads back.
    struct Withholding: Sendable {
        let policy: WitnessPolicy
        /// How long whoever submitted an entry waits for its publication.
        let limit: Duration
        /// Since when a committed head has waited; nil when none does.
        var since: ContinuousClock.Instant?
    }

    private let current: Mutex<State>

    /// A value for each change that whoever asks witnesses should look at; several may come as one.
    let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation

    /// Publishes a first head, which must be committed.
    package init(_ checkpoint: Checkpoint) {
        current = Mutex(State(published: checkpoint, newest: checkpoint))
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// The head as it is now; take it before the snapshot that is to cover it.
    package var checkpoint: Checkpoint {
        current.withLock { $0.published }
    }

    /// The head as it is now, with the cosignatures of its very text in the order of the policy.
    package var cosigned: (checkpoint: Checkpoint, cosignatures: [Cosignature]) {
        current.withLock { state in
            let cosignatures = state.cosignatures[state.published.text] ?? [:]
            return (state.published, cosignatures.sorted { $0.key < $1.key }.map(\.value))
        }
    }

    /// The newest committed head; no answer may reveal it unless it is published.
    var newest: Checkpoint {
        current.withLock { $0.newest }
    }

    /// Why nothing may be signed at the moment; nil when witnesses have nothing against it.
    var obstacle: String? {
        get { current.withLock { $0.obstacle } }
        set { current.withLock { $0.obstacle = newValue } }
    }

    /// Since when a committed head has waited for its quorum; nil when none does.
    var withheldSince: ContinuousClock.Instant? {
        current.withLock { $0.withholding?.since }
    }

    /// Takes a committed head; one that is not newer is left alone, so that answers never go back.
    ///
    /// Answers false, and forgets the head, after `end(with:)`.
    @discardableResult
    package func publish(_ checkpoint: Checkpoint) -> Bool {
        let shown = current.withLock { state -> [CheckedContinuation<Void, any Error>]? in
            guard state.end == nil else { return nil }
            guard Self.isNewer(checkpoint, than: state.newest) else { return [] }
            state.newest = checkpoint
            if let withholding = state.withholding, !Self.isQuorum(checkpoint.text, state) {
                if withholding.since == nil { state.withholding?.since = .now }
                return []
            }
            return Self.show(checkpoint, &state)
        }
        guard let shown else { return false }
        for waiter in shown { waiter.resume() }
        changed.yield()
        return true
    }

    /// From now on shows no other head, also none that witnesses come to agree to (transparency-log 3.5).
    ///
    /// Whoever waits for a head, or comes to wait for one, gets the failure.
    func end(with failure: SubmissionFailure) {
        let waiters = current.withLock { state in
            defer { state.waiters = [:] }
            state.end = failure
            return state.waiters.values.map(\.continuation)
        }
        for waiter in waiters { waiter.resume(throwing: failure) }
    }

    /// From now on shows a head only when enough witnesses of the policy have cosigned it; called before anybody reads.
    ///
    /// `shown` is the newest head that was shown before.
    func withhold(until policy: WitnessPolicy, limit: Duration, shown: Checkpoint) {
        current.withLock { state in
            state.published = shown
            let since: ContinuousClock.Instant? = shown.text == state.newest.text ? nil : .now
            state.withholding = Withholding(policy: policy, limit: limit, since: since)
        }
    }

    /// Adds a cosignature that is stored, verified and of a committed head; an older one of the same witness goes.
    func attach(_ cosignature: Cosignature, of witness: Int, to checkpoint: Checkpoint) {
        let shown = current.withLock { state in
            let text = checkpoint.text
            guard text.size >= state.published.text.size else { return [CheckedContinuation<Void, any Error>]() }
            state.cosignatures[text, default: [:]][witness] = cosignature
            guard state.withholding != nil, Self.isQuorum(text, state) else { return [] }
            return Self.show(state.newest.text == text ? state.newest : checkpoint, &state)
        }
        for waiter in shown { waiter.resume() }
    }

    /// The size of the head that is going to be shown with these cosignatures, and with a next head if there is one.
    ///
    /// Nil when none is that is not shown already, and while heads need no quorum.
    func shown(with received: [ReceivedCosignature], next: Checkpoint? = nil) -> TreeSize? {
        current.withLock { state in
            guard state.withholding != nil else { return nil }
            let texts = Set(received.map(\.checkpoint.text) + [next?.text].compactMap(\.self))
            return texts.filter { text in
                let more = received.filter { $0.checkpoint.text == text }.map(\.witness)
                return text.size > state.published.text.size && Self.isQuorum(text, state, with: more)
            }.map(\.size).max()
        }
    }

    /// Makes whoever asks witnesses look, for instance because time has passed.
    func wake() {
        changed.yield()
    }

    private static func isNewer(_ new: Checkpoint, than old: Checkpoint) -> Bool {
        let (old, new) = (old.signedTreeHead.head, new.signedTreeHead.head)
        return new.timestamp > old.timestamp && new.size >= old.size
    }

    private static func isQuorum(_ text: CheckpointText, _ state: State, with more: [Int] = []) -> Bool {
        let positions = Set(state.cosignatures[text, default: [:]].keys).union(more)
        // What was shown once may be shown again with a newer signature.
        return state.withholding?.policy.isQuorum(positions) != false || text == state.published.text
    }

    /// Moves the published head; answers those who have waited for what it covers.
    private static func show(_ checkpoint: Checkpoint, _ state: inout State) -> [CheckedContinuation<Void, any Error>] {
        guard state.end == nil, isNewer(checkpoint, than: state.published) else { return [] }
        state.published = checkpoint
        state.withholding?.since = checkpoint.text == state.newest.text ? nil : .now
        state.cosignatures = state.cosignatures.filter { $0.key.size >= checkpoint.text.size }
        let size = checkpoint.signedTreeHead.head.size.value
        let covered = state.waiters.filter { $0.value.index.value < size }
        for id in covered.keys { state.waiters.removeValue(forKey: id) }
        return covered.values.map(\.continuation)
    }
}

extension PublishedHead {
    /// Waits until the published head covers a committed entry.
    ///
    /// Throws `SubmissionFailure.temporarilyUnavailable` when that takes longer than the rule allows, and
    /// `CancellationError` when the caller is cancelled, and the failure of `end(with:)` after that. The entry stays in
    /// the log either way.
    func waitUntilShown(_ index: LeafIndex) async throws {
        let limit = try current.withLock { state throws(SubmissionFailure) -> Duration? in
            guard index.value >= state.published.text.size.value else { return nil }
            if let end = state.end { throw end }
            return state.withholding?.limit
        }
        guard let limit else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.wait(for: index) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw SubmissionFailure.temporarilyUnavailable(retryAfter: SubmissionQueue.retryAfter())
            }
            try await group.next()
        }
    }

    private func wait(for index: LeafIndex) async throws {
        let id = current.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let known = current.withLock { state -> Result<Void, any Error>? in
                    guard index.value >= state.published.text.size.value else { return .success(()) }
                    if let end = state.end { return .failure(end) }
                    state.waiters[id] = (index, continuation)
                    return nil
                }
                if let known { continuation.resume(with: known) }
                // A cancellation that came before the continuation was there has found nothing to end.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: UInt64) {
        let waiter = current.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.continuation.resume(throwing: CancellationError())
    }
}
