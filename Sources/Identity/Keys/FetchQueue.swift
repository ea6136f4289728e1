import Synchronization

/// The fetches for issuers that a pattern names: a bounded number, made by the pool's own task.
///
/// Tokens choose these issuers, so without a bound anybody could make us ask any number of hosts (reliability R-35).
final class FetchQueue: Sendable {
    /// The key sets to fetch, in the order of asking; ends after `finish()`.
    let fetches: AsyncStream<IssuerKeys>
    private let continuation: AsyncStream<IssuerKeys>.Continuation
    private let limit: Int
    private let pending = Mutex(0)
    // Look-ups block and cannot be cancelled: a fixed number bounds the threads that hang on name servers.
    private let resolvers = (0..<8).map { _ in HostResolver() }

    init(limit: Int) {
        self.limit = limit
        (fetches, continuation) = AsyncStream.makeStream()
    }

    /// Takes a place and queues a fetch; false when all places are taken.
    func submit(_ keys: IssuerKeys) -> Bool {
        let isAdmitted = pending.withLock { pending in
            guard pending < limit else { return false }
            pending += 1
            return true
        }
        if isAdmitted { continuation.yield(keys) }
        return isAdmitted
    }

    /// The resolver for a host: always the same one, so that a host that hangs holds up few others.
    func resolver(of host: String) -> HostResolver {
        resolvers[host.utf8.reduce(0) { ($0 &+ Int($1)) % resolvers.count }]
    }

    /// Gives a place back.
    func leave() { pending.withLock { $0 -= 1 } }

    func finish() { continuation.finish() }
}
