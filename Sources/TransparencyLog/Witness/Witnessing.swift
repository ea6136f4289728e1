package import Logging
package import OpenSSL
internal import Synchronization

/// Asks the witnesses of a policy for cosignatures of one log's heads (transparency-log 3.7).
///
/// Nothing that signs or reads waits for it, unless the policy's quorum is required. Only committed heads are sent, the
/// newest one each time, to one witness at most once a second and never twice at a time.
package final class Witnessing: Sendable {
    /// Posts a body to a URL and answers with what came back; ends by itself within a few seconds.
    package typealias Transport = @Sendable (_ url: String, _ body: [UInt8]) async throws -> AddCheckpoint.Reply

    /// The times that decide when to ask, and how long to wait.
    package struct Times: Sendable {
        /// Between the beginnings of two rounds.
        package var interval = Duration.seconds(1)
        /// For the first view of all witnesses at the start.
        package var start = Duration.seconds(3)
        /// For the publication of an entry, when a quorum is required.
        package var publication = Duration.seconds(5)
        /// The longest wait after failures of one witness.
        package var backoff = Duration.seconds(8)

        /// The usual times.
        package init() {}
    }

    private struct State {
        var status: WitnessStatus
        var isBusy = false
        /// The time of the newest head that it has cosigned.
        var cosigned: Timestamp?
        var failureCount = 0
        var notBefore: ContinuousClock.Instant?
        /// Whether it has cosigned since the start, so that it would have told of a newer head.
        var hasAnswered = false
    }

    private let policy: WitnessPolicy
    private let mode: WitnessMode
    private let sequencer: Sequencer
    private let reader: LogReader
    private let published: PublishedHead
    private let transport: Transport
    private let times: Times
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let states: Mutex<[State]>

    /// The witnesses of one log; `open()` comes before everything else.
    package init(
        _ policy: WitnessPolicy, mode: WitnessMode, sequencer: Sequencer, reader: LogReader, times: Times = Times(),
        clock: @escaping @Sendable () -> Timestamp, logger: Logger, transport: @escaping Transport
    ) {
        (self.policy, self.mode, self.sequencer, self.reader) = (policy, mode, sequencer, reader)
        (published, self.transport, self.times) = (sequencer.published, transport, times)
        (self.clock, self.logger) = (clock, logger)
        states = Mutex(policy.witnesses.map { State(status: WitnessStatus(name: $0.name)) })
    }

    /// How each witness of the policy with a URL does.
    package var statuses: [WitnessStatus] {
        let states = states.withLock { $0 }
        return zip(policy.witnesses, states).compactMap { $0.url == nil ? nil : $1.status }
    }

    /// Why nothing is signed at the moment; nil when witnesses have nothing against it.
    package var obstacle: String? { published.obstacle }

    /// Whether the log shows nothing that the quorum has not cosigned.
    package var isRequired: Bool { mode == .required }

    /// Reads what is remembered and asks every witness for its view, before the log signs anything (3.5, item 11).
    ///
    /// Freezes the log when a witness has seen more than there is. Must be called before the log runs and before
    /// anybody reads. Nobody is asked about a log that is frozen or closed, which shows what it showed before. Throws
    /// when what is remembered cannot be read, and when nothing is although a quorum is required.
    package func open() async throws {
        guard let records = sequencer.store.witnessRecords else {
            guard !isRequired else { throw StoreRefusal.notInState("the store cannot keep what witnesses say") }
            return
        }
        guard !sequencer.condition.value.isFinal else {
            // Nothing can be written any more, and without a size heads were never withheld.
            guard isRequired, let shown = try await records.withheldSize() else { return }
            return try await restore(records, shown: shown)
        }
        try await remember(records)
        let head = published.newest
        let asking = policy.witnesses.indices.filter { policy.witnesses[$0].url != nil && begin($0) }
        await withTaskGroup(of: Void.self) { race in
            race.addTask {
                await withDiscardingTaskGroup { group in
                    for position in asking {
                        group.addTask { await self.ask(position, about: head, from: head.text.size) }
                    }
                }
            }
            // Whoever is slow is asked again later; the start does not wait.
            race.addTask { [times] in try? await Task.sleep(for: times.start) }
            await race.next()
            race.cancelAll()
        }
        review()
    }

    /// Asks until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [published, times] in
                while !Task.isCancelled {
                    published.wake()
                    try? await Task.sleep(for: times.interval)
                }
            }
            for await _ in published.changes {
                guard !sequencer.condition.value.isFinal else { continue }
                review()
                let (start, head) = (ContinuousClock.now, published.newest)
                let due = policy.witnesses.indices.filter { isDue($0, for: head, at: start) && begin($0) }
                for position in due {
                    let old = states.withLock { $0[position].status.size } ?? .zero
                    group.addTask { await self.ask(position, about: head, from: min(old, head.text.size)) }
                }
                if !due.isEmpty { try? await Task.sleep(until: start + times.interval, clock: .continuous) }
            }
            group.cancelAll()
        }
    }

    private func remember(_ records: any WitnessRecords) async throws {
        let committed = published.newest.text.size
        for (position, witness) in policy.witnesses.enumerated() {
            let key = witness.key.verifierKey
            let size = try await records.lastCosignedSize(name: key.name, keyID: key.keyID)
            states.withLock { $0[position].status.size = size }
        }
        let shown = try await records.noteWithholding(from: isRequired ? committed : nil)
        try await restore(records, shown: shown)
        guard let shown, case let now = published.checkpoint.text.size, now > shown else { return }
        // A policy that asks for less has shown more: one that asks for more again must not take it back.
        try await records.noteShown(now)
    }

    private func restore(_ records: any WitnessRecords, shown: TreeSize?) async throws {
        try await CosignedHistory(records: records, policy: policy, description: sequencer.description)
            .restore(published, shown: shown, limit: times.publication)
    }

    private func isDue(_ position: Int, for head: Checkpoint, at now: ContinuousClock.Instant) -> Bool {
        guard policy.witnesses[position].url != nil else { return false }
        return states.withLock { states in
            let state = states[position]
            guard !state.isBusy, state.notBefore.map({ $0 <= now }) ?? true else { return false }
            return state.cosigned.map { $0 < head.signedTreeHead.head.timestamp } ?? true
        }
    }

    /// Takes the one place for a request to a witness; false when it is taken.
    private func begin(_ position: Int) -> Bool {
        states.withLock { states in
            defer { states[position].isBusy = true }
            return !states[position].isBusy
        }
    }

    private func ask(_ position: Int, about head: Checkpoint, from old: TreeSize) async {
        defer { states.withLock { $0[position].isBusy = false } }
        let witness = policy.witnesses[position]
        guard let url = witness.url else { return }
        let exchange = WitnessExchange(
            witness: witness, url: url, checkpoint: head, logID: sequencer.description.logID, reader: reader,
            transport: transport, newestSize: { [published] in published.newest.text.size })
        let outcome = await exchange.run(from: old)
        guard !Task.isCancelled || outcome.isWorthKeeping else { return }
        switch outcome {
        case .cosigned(let cosignature): cosigned(position, cosignature, head)
        case .isAhead(let size):
            states.withLock { $0[position].status.size = size }
        case .failed(let result, let reason): failed(position, result, reason)
        case .alarm(let result, let reason, let status, let answer, let old):
            states.withLock { $0[position].status.counts[result, default: 0] += 1 }
            await raise(reason, witness, status, answer, from: old, to: head)
        }
        review()
    }

    private func cosigned(_ position: Int, _ cosignature: Cosignature, _ head: Checkpoint) {
        sequencer.keep(ReceivedCosignature(witness: position, checkpoint: head, cosignature: cosignature))
        let wasFailing = states.withLock { states in
            defer {
                states[position].status.counts[.cosigned, default: 0] += 1
                states[position].status.size = head.text.size
                states[position].status.lastSuccess = clock()
                states[position].status.failingSince = nil
                states[position].cosigned = head.signedTreeHead.head.timestamp
                (states[position].failureCount, states[position].notBefore) = (0, nil)
                states[position].hasAnswered = true
            }
            return states[position].failureCount > 0
        }
        if wasFailing { logger.notice("a witness cosigns again", metadata: ["witness": "\(name(position))"]) }
    }

    private func failed(_ position: Int, _ result: WitnessStatus.Result, _ reason: String) {
        let count = states.withLock { states in
            states[position].status.counts[result, default: 0] += 1
            states[position].status.failingSince = states[position].status.failingSince ?? clock()
            states[position].failureCount = min(states[position].failureCount + 1, 16)
            let count = states[position].failureCount
            let wait = min(Duration.seconds(1 << (count - 1)), times.backoff)
            states[position].notBefore = .now + wait * Double.random(in: 0.75...1.25)
            return count
        }
        // Once, and not for every try: the metrics count them.
        guard count == 1 else { return }
        logger.warning(
            "a witness gave no cosignature",
            metadata: ["witness": "\(name(position))", "result": "\(result.rawValue)", "reason": "\(reason)"])
    }

    private func name(_ position: Int) -> String { policy.witnesses[position].name }

    /// Keeps what the witness said, then stops signing.
    private func raise(
        _ reason: String, _ witness: WitnessPolicy.Witness, _ status: UInt, _ answer: [UInt8], from old: TreeSize,
        to head: Checkpoint
    ) async {
        do {
            let records = sequencer.store.witnessRecords
            let evidence = WitnessEvidence(
                timestamp: clock(), witness: witness.name, status: status, answer: Array(answer.prefix(4096)),
                old: try await records?.note(ofSize: old) ?? [],
                new: head.note(logID: sequencer.description.logID).bytes)
            try await records?.keep(evidence)
        } catch {
            logger.critical("what a witness said could not be written down", metadata: ["error": "\(error)"])
        }
        await sequencer.freeze(because: reason)
    }

    /// Decides whether the log may sign, when a quorum is required.
    private func review() {
        guard isRequired else { return }
        // Decided and told under one lock, so that no older decision comes after a newer one.
        let isFreeAgain = states.withLock { states in
            let answered = Set(states.indices.filter { states[$0].hasAnswered })
            let isOverdue = published.withheldSince.map { $0.duration(to: .now) > times.publication } ?? false
            let obstacle: String? =
                if !policy.isQuorum(answered) {
                    "too few witnesses have confirmed yet where the log ends"
                } else if isOverdue {
                    "too few witnesses have cosigned the newest head"
                } else { nil }
            defer { published.obstacle = obstacle }
            return published.obstacle != nil && obstacle == nil
        }
        if isFreeAgain { sequencer.queue.wake() }
    }
}

extension WitnessExchange.Outcome {
    /// Whether it counts although nobody waits for it any more: an answer has come.
    fileprivate var isWorthKeeping: Bool {
        switch self {
        case .cosigned, .alarm: true
        case .isAhead, .failed: false
        }
    }
}
