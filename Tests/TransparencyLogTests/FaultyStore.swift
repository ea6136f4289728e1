import OpenSSL
import Synchronization
import TransparencyLog

/// A store over another one whose next commits fail in a chosen way.
final class FaultyStore: LogStore {
    enum Fault: Hashable, Sendable {
        /// The error came before COMMIT.
        case beforeCommit
        /// COMMIT answered with an error and the batch is not there.
        case commitLost
        /// COMMIT answered with an error and the batch is there all the same.
        case commitDurable
        /// Moving the write-ahead log into the database failed.
        case maintenance
    }

    struct Injected: Error {}

    private let store: any LogStore
    private let faults: Mutex<[Fault]>
    private let commits = Mutex(0)
    private let isHeld = Mutex(false)
    private let between = Mutex<[Moment: @Sendable () async -> Void]>([:])

    /// A moment of a batch with entries.
    enum Moment: Hashable, Sendable {
        /// Its entries were looked for, and nothing is signed yet.
        case beforeSigning
        /// It is durable, and whoever commits does not know yet.
        case beforeReturn
    }

    init(_ store: any LogStore, faults: [Fault]) {
        self.store = store
        self.faults = Mutex(faults)
    }

    var initialState: LogState { store.initialState }

    func space() -> VolumeSpace? { store.space() }

    /// Makes every commit fail before COMMIT, those of heartbeats too, until told otherwise.
    func hold(_ holds: Bool) {
        isHeld.withLock { $0 = holds }
    }

    /// Waits for `body` at a moment of the next batch with entries.
    func wait(_ moment: Moment, for body: @escaping @Sendable () async -> Void) {
        between.withLock { $0[moment] = body }
    }

    private func pass(_ moment: Moment) async {
        await between.withLock { $0.removeValue(forKey: moment) }?()
    }

    /// How often a commit was asked for.
    var commitCount: Int { commits.withLock { $0 } }

    func commit(_ batch: LogBatch) async throws(CommitFailure) {
        commits.withLock { $0 += 1 }
        if isHeld.withLock({ $0 }) { throw .rolledBack(Injected()) }
        // Heartbeats do not use up faults.
        let fault = faults.withLock { faults in
            batch.entries.isEmpty || faults.first == .maintenance || faults.isEmpty ? nil : faults.removeFirst()
        }
        switch fault {
        case .beforeCommit: throw .rolledBack(Injected())
        case .commitLost: throw .unknown(Injected())
        case .commitDurable:
            try await store.commit(batch)
            throw .unknown(Injected())
        case .maintenance, nil: try await store.commit(batch)
        }
        if !batch.entries.isEmpty { await pass(.beforeReturn) }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any LogSnapshot) throws -> Value
    ) async throws -> Value {
        try await store.read(body)
    }

    func readForCommit<Value: Sendable>(
        _ body: @escaping @Sendable (any LogSnapshot) throws -> Value
    ) async throws -> Value {
        let value = try await store.readForCommit(body)
        await pass(.beforeSigning)
        return value
    }

    func maintain() async throws {
        if faults.withLock({ $0.first == .maintenance }) { throw Injected() }
        try await store.maintain()
    }

    func freeze(reason: String) async throws { try await store.freeze(reason: reason) }
    func closeForGood(actor: String, reason: String, now: Timestamp) async throws {
        try await store.closeForGood(actor: actor, reason: reason, now: now)
    }
    func close() async throws { try await store.close() }
    func abandon() async { await store.abandon() }
}
