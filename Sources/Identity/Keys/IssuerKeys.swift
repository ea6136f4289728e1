import Logging
import Synchronization

/// The verification keys of one issuer: kept, refreshed by time, and fetched when a token needs it.
///
/// Keys belong to this object and thereby to one exact issuer string (reliability R-31). A look-up holds a mutex for a
/// few instructions. All fetches are made by the task inside `run()`, one at a time; whoever needs one waits for its
/// end, and a caller that leaves leaves alone.
final class IssuerKeys: Sendable {
    let issuer: OIDCIssuer

    /// Why a fetch is wanted.
    private enum Cause {
        /// The time for a refresh has come.
        case schedule
        /// A token is here and no key is.
        case absence
        /// No key that is here verifies a token.
        case failure
        /// A token is here, and the keys have not been refreshed for long.
        case age
    }

    /// How waiting for a fetch ended.
    private enum Outcome {
        case fetched, notPermitted, tooManyWaiters, cancelled
    }

    private struct Waiter {
        let cause: Cause
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        var snapshot: IssuerKeySnapshot?
        /// Counts ended fetches, so that a caller can tell whether one ended since it looked.
        var generation: UInt64 = 0
        var isFetchPending = false
        var isClosed = false
        var hasRun = false
        var lastFailureFetch: ContinuousClock.Instant?
        var breaker: CircuitBreaker
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let settings: IssuerPoolSettings
    private let logger: Logger
    private let state: Mutex<State>
    private let requests: AsyncStream<Void>
    private let request: AsyncStream<Void>.Continuation
    private let credentials: KubernetesCredentials?
    /// Where fetches are queued for issuers that have no task of their own; nil when `run()` makes them.
    private let queue: FetchQueue?
    /// The failed fetches of this issuer, or of all that its pattern names.
    let failures: FetchFailureCount

    /// Keys that are fetched on demand; `snapshot` is what is known of them already, with its age.
    init(
        issuer: OIDCIssuer, settings: IssuerPoolSettings, credentials: KubernetesCredentials? = nil,
        queue: FetchQueue? = nil, failures: FetchFailureCount = FetchFailureCount(), snapshot: IssuerKeySnapshot? = nil,
        logger: Logger
    ) {
        self.issuer = issuer
        self.failures = failures
        self.settings = settings
        self.credentials = credentials
        self.queue = queue
        var logger = logger
        logger[metadataKey: "oidc.issuer"] = "\(issuer.url)"
        self.logger = logger
        state = Mutex(
            State(
                snapshot: snapshot,
                breaker: CircuitBreaker(
                    threshold: settings.breakerThreshold, shortestPause: settings.shortestPause,
                    longestPause: settings.longestPause)))
        (requests, request) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Verifying

    /// Checks a token's signature against this issuer's keys.
    ///
    /// When there are no keys, or none verifies the token, one fetch is waited for, if the limits permit one.
    func verify(_ jws: CompactJWS) async throws(TokenRefusal) {
        await refreshIfOld()
        let (snapshot, generation) = current()
        guard let snapshot else {
            try await waitForKeys(after: generation)
            guard let fetched = current().snapshot else { throw .keysUnavailable }
            return try fetched.verify(jws)
        }
        do throws(TokenRefusal) {
            try snapshot.verify(jws)
        } catch {
            guard error == .noMatchingKey || error == .signatureInvalid else { throw error }
            try await waitForOtherKeys(after: generation, orThrow: error)
            guard let fetched = current().snapshot else { throw .keysUnavailable }
            try fetched.verify(jws)
        }
    }

    /// Refreshes keys that no task keeps fresh; when that fails the old ones serve until they are too old.
    private func refreshIfOld() async {
        guard queue != nil else { return }
        let (snapshot, generation) = current()
        guard let snapshot, snapshot.fetchedAt.duration(to: .now) >= settings.refreshInterval else { return }
        _ = await waitForFetch(after: generation, cause: .age)
    }

    /// Whether the keys may be forgotten now: nobody waits for them.
    var isIdle: Bool { state.withLock { !$0.isFetchPending && $0.waiters.isEmpty } }

    /// Whether keys were ever fetched.
    var hasKeys: Bool { fetchedAt != nil }

    /// When the keys that are here were fetched; nil when there are none.
    var fetchedAt: ContinuousClock.Instant? { state.withLock { $0.snapshot?.fetchedAt } }

    private func current() -> (snapshot: IssuerKeySnapshot?, generation: UInt64) {
        let now = ContinuousClock.now
        return state.withLock { state in
            // Beyond this age the issuer fails closed, however often refreshing has failed (reliability R-32).
            let isUsable = state.snapshot.map { $0.fetchedAt.duration(to: now) < settings.keyAgeLimit } ?? false
            return (isUsable ? state.snapshot : nil, state.generation)
        }
    }

    private func waitForKeys(after generation: UInt64) async throws(TokenRefusal) {
        switch await waitForFetch(after: generation, cause: .absence) {
        case .fetched: return
        case .notPermitted: throw .keysUnavailable
        case .tooManyWaiters: throw .tooManyWaiters(limit: settings.waiterLimit)
        case .cancelled: throw .cancelled
        }
    }

    private func waitForOtherKeys(after generation: UInt64, orThrow refusal: TokenRefusal) async throws(TokenRefusal) {
        switch await waitForFetch(after: generation, cause: .failure) {
        case .fetched: return
        case .notPermitted: throw refusal
        case .tooManyWaiters: throw .tooManyWaiters(limit: settings.waiterLimit)
        case .cancelled: throw .cancelled
        }
    }

    // MARK: Waiting

    private func waitForFetch(after generation: UInt64, cause: Cause) async -> Outcome {
        let id = state.withLock { state in
            state.nextWaiter &+= 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome = register(continuation, id: id, after: generation, cause: cause)
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            // The fetch goes on: others may wait for it, and its result is kept in any case.
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume(returning: .cancelled)
        }
    }

    /// Puts a caller among the waiters and asks for a fetch if none is under way; nil when the caller now waits.
    private func register(
        _ continuation: CheckedContinuation<Outcome, Never>, id: UInt64, after generation: UInt64, cause: Cause
    ) -> Outcome? {
        let now = ContinuousClock.now
        return state.withLock { state -> Outcome? in
            // Cancelled before this point: nobody would resume the waiter. Cancelled later: the handler will.
            if Task.isCancelled { return .cancelled }
            if state.generation != generation { return .fetched }
            if state.isClosed { return .notPermitted }
            let tokenCount = state.waiters.values.count { $0.cause != .schedule }
            if cause != .schedule && tokenCount >= settings.waiterLimit { return .tooManyWaiters }
            if !state.isFetchPending {
                if let refusal = begin(&state, cause: cause, at: now) { return refusal }
            }
            state.waiters[id] = Waiter(cause: cause, continuation: continuation)
            return nil
        }
    }

    /// Asks for a fetch; what is returned is why not.
    private func begin(_ state: inout State, cause: Cause, at now: ContinuousClock.Instant) -> Outcome? {
        guard state.breaker.permits(at: now) else { return .notPermitted }
        if cause == .failure {
            // Junk with a made-up `kid` must not turn into requests to the issuer (reliability R-32).
            if let last = state.lastFailureFetch, last.duration(to: now) < settings.refetchInterval {
                return .notPermitted
            }
        }
        if let queue {
            guard queue.submit(self) else { return .tooManyWaiters }
        } else if case .terminated = request.yield() {
            return .notPermitted
        }
        if cause == .failure { state.lastFailureFetch = now }
        state.isFetchPending = true
        return nil
    }

    // MARK: Fetching

    /// Fetches when asked and when it is time, until `retire()` or cancellation; a second call returns at once.
    func run() async {
        let mayRun = state.withLock { state in
            defer { state.hasRun = true }
            return !state.hasRun
        }
        guard mayRun else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepFresh() }
            await serveRequests()
            group.cancelAll()
        }
        close()
    }

    /// Ends `run()` after the fetch that somebody waits for: who began with these keys finishes with them.
    func retire() {
        request.finish()
    }

    /// Whether an issuer of another configuration may go on with these keys: nothing that is configured differs.
    func serves(_ issuer: OIDCIssuer, withCredentials: Bool) -> Bool {
        self.issuer == issuer && (credentials != nil) == withCredentials
    }

    /// What is known of the keys, for an issuer whose keys come from the same place under the same trust.
    ///
    /// Nil when there is nothing, or when another URL, other trust roots, credentials or permitted addresses might have
    /// found other keys.
    func snapshot(for issuer: OIDCIssuer, withCredentials: Bool) -> IssuerKeySnapshot? {
        let (old, new) = (self.issuer, issuer)
        guard Array(old.url.utf8) == Array(new.url.utf8), (credentials != nil) == withCredentials,
            old.settings.additionalTrustRoots == new.settings.additionalTrustRoots,
            old.allowsPrivateAddresses == new.allowsPrivateAddresses
        else { return nil }
        return state.withLock { $0.snapshot }
    }

    private func serveRequests() async {
        var fetcher = makeFetcher()
        for await _ in requests {
            do throws(FetchFailure) {
                publish(.success(try await fetcher.fetch()))
            } catch {
                publish(.failure(error))
            }
        }
    }

    /// Makes the one fetch that was queued.
    func fetchQueued() async {
        var fetcher = makeFetcher()
        let result: Result<IssuerKeySnapshot, FetchFailure>
        do throws(FetchFailure) {
            result = .success(try await fetcher.fetch())
        } catch {
            result = .failure(error)
        }
        queue?.leave(self)
        publish(result)
    }

    private func makeFetcher() -> IssuerFetcher {
        IssuerFetcher(
            issuer: issuer, limit: settings.fetchLimit,
            resolver: queue?.resolver(of: issuer.address.origin.host) ?? HostResolver(),
            credentials: credentials, logger: logger)
    }

    private func keepFresh() async {
        while !Task.isCancelled {
            _ = await waitForFetch(after: current().generation, cause: .schedule)
            try? await Task.sleep(for: nextPause())
        }
    }

    private func nextPause() -> Duration {
        if let retry = state.withLock({ $0.breaker.retryPause }) { return min(retry, settings.refreshInterval) }
        // Only ever shorter: a removed key must be gone within the interval (reliability R-33).
        return settings.refreshInterval * Double.random(in: 0.8...1)
    }

    private func publish(_ result: Result<IssuerKeySnapshot, FetchFailure>) {
        let now = ContinuousClock.now
        let waiters = state.withLock { state in
            switch result {
            case .success(let snapshot):
                state.snapshot = snapshot
                state.breaker.recordSuccess()
            case .failure:
                state.breaker.recordFailure(at: now)
            }
            state.generation &+= 1
            state.isFetchPending = false
            defer { state.waiters = [:] }
            return state.waiters
        }
        log(result)
        for waiter in waiters.values { waiter.continuation.resume(returning: .fetched) }
    }

    private func log(_ result: Result<IssuerKeySnapshot, FetchFailure>) {
        switch result {
        case .success(let snapshot):
            logger.debug("issuer keys fetched", metadata: ["keys": "\(snapshot.keys.keys.count)"])
            for (reason, count) in snapshot.keys.skipped {
                let level: Logger.Level = reason == .secretPublished ? .error : .debug
                logger.log(
                    level: level, "issuer keys passed over",
                    metadata: ["reason": "\(reason.rawValue)", "count": "\(count)"])
            }
        case .failure(let failure):
            failures.increment()
            logger.warning("issuer keys not fetched", metadata: ["cause": "\(failure)"])
        }
    }

    /// Ends all waiting and refuses further fetches.
    func close() {
        request.finish()
        let waiters = state.withLock { state in
            state.isClosed = true
            state.isFetchPending = false
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.continuation.resume(returning: .notPermitted) }
    }
}
