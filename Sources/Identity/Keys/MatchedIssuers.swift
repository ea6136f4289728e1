import Logging
import Synchronization

/// The issuers found by patterns so far, each with its own keys (CA specification 2.3, reliability R-31).
///
/// Holds a bounded number. The ones that never had keys go first, then those not used for longest; none goes that
/// somebody waits for. Survives changes of the configuration: an issuer whose settings changed starts anew,
/// with the keys that are known when the change does not touch where they come from.
final class MatchedIssuers: Sendable {
    private struct Entry {
        let keys: IssuerKeys
        var pattern: IssuerPattern
        var lastUse: UInt64
    }

    private struct State {
        var entries: [[UInt8]: Entry] = [:]
        /// Keys under settings of before, as long as somebody waits for them.
        var replaced: [IssuerKeys] = []
        /// Fetches that failed, by the pattern that named their issuers; only patterns of a configuration stand here.
        var failures: [IssuerPattern: FetchFailureCount] = [:]
        var useCount: UInt64 = 0
        var isClosed = false
    }

    /// The fetches that tokens of these issuers caused.
    let queue: FetchQueue
    private let settings: IssuerPoolSettings
    private let logger: Logger
    private let state = Mutex(State())

    init(settings: IssuerPoolSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        queue = FetchQueue(limit: settings.matchedFetchLimit)
    }

    /// The keys of an issuer that a pattern means; nothing is fetched yet.
    func keys(of issuer: OIDCIssuer, matching pattern: IssuerPattern) throws(TokenRefusal) -> IssuerKeys {
        let name = Array(issuer.url.utf8)
        let limit = settings.matchedIssuerLimit
        let found = state.withLock { state -> Result<IssuerKeys, TokenRefusal> in
            state.useCount &+= 1
            var known: IssuerKeySnapshot?
            if let entry = state.entries[name] {
                if entry.keys.issuer == issuer {
                    state.entries[name]?.lastUse = state.useCount
                    state.entries[name]?.pattern = pattern
                    return .success(entry.keys)
                }
                known = entry.keys.snapshot(for: issuer, withCredentials: false)
                state.entries[name] = nil
                state.replaced.removeAll(where: \.isIdle)
                state.replaced.append(entry.keys)
            }
            if state.isClosed { return .failure(.keysUnavailable) }
            if state.entries.count >= limit {
                guard let oldest = Self.leastNeeded(state.entries) else {
                    return .failure(.tooManyWaiters(limit: limit))
                }
                state.entries[oldest] = nil
            }
            let failures = state.failures[pattern] ?? FetchFailureCount()
            state.failures[pattern] = failures
            let keys = IssuerKeys(
                issuer: issuer, settings: settings, queue: queue, failures: failures, snapshot: known,
                logger: logger)
            state.entries[name] = Entry(keys: keys, pattern: pattern, lastUse: state.useCount)
            return .success(keys)
        }
        return try found.get()
    }

    /// How the keys are that the issuers of each of these patterns have; other patterns are forgotten.
    func keyStates(of metaIssuers: [MetaIssuer], at now: ContinuousClock.Instant) -> [IssuerKeyState] {
        let patterns = Set(metaIssuers.map(\.pattern))
        let (oldest, failures) = state.withLock { state in
            state.failures = state.failures.filter { patterns.contains($0.key) }
            let oldest = state.entries.values.reduce(into: [IssuerPattern: ContinuousClock.Instant]()) {
                oldest, entry in
                guard let fetchedAt = entry.keys.fetchedAt else { return }
                oldest[entry.pattern] = min(oldest[entry.pattern] ?? fetchedAt, fetchedAt)
            }
            return (oldest, state.failures)
        }
        return metaIssuers.map { meta in
            IssuerKeyState(
                name: meta.pattern.text, age: oldest[meta.pattern].map { $0.duration(to: now) },
                failureCount: failures[meta.pattern]?.value ?? 0)
        }
    }

    /// Refuses new issuers and ends all waiting.
    func close() {
        let entries = state.withLock { state in
            state.isClosed = true
            return state.entries.values.map(\.keys) + state.replaced
        }
        for keys in entries { keys.close() }
    }

    private static func leastNeeded(_ entries: [[UInt8]: Entry]) -> [UInt8]? {
        entries.filter { $0.value.keys.isIdle }
            .min { left, right in
                let (hasLeft, hasRight) = (left.value.keys.hasKeys, right.value.keys.hasKeys)
                return hasLeft == hasRight ? left.value.lastUse < right.value.lastUse : !hasLeft
            }?.key
    }
}
