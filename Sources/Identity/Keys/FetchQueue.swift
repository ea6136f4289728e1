import Synchronization

/// The fetches for issuers that a pattern names: a bounded number, made by the pool's own task.
///
/// Tokens choose these issuers, so without a bound anybody could make us ask any number of hosts (reliability R-35).
final class FetchQueue: Sendable {
    /// The key sets to fetch, in the order of asking; ends after `finish()`.
    let fetches: AsyncStream<IssuerKeys>
    private let continuation: AsyncStream<IssuerKeys>.Continuation
    private let limit: Int
    /// Fetches under way or waiting, by host; never more hosts than `limit`.
    private let pending = Mutex<[String: Int]>([:])
    // Look-ups block and cannot be cancelled: a fixed number bounds the threads that hang on name servers.
    private let resolvers = (0..<8).map { _ in HostResolver() }

    init(limit: Int) {
        self.limit = limit
        (fetches, continuation) = AsyncStream.makeStream()
    }

    /// Takes a place and queues a fetch; false when the places are taken, or the pool has ended.
    ///
    /// One host gets a quarter of the places at most: a tenant whose host is slow must not hold up all others.
    func submit(_ keys: IssuerKeys) -> Bool {
        let host = keys.issuer.address.origin.host
        let isAdmitted = pending.withLock { pending in
            guard pending.values.reduce(0, +) < limit, pending[host, default: 0] < max(1, limit / 4) else {
                return false
            }
            pending[host, default: 0] += 1
            return true
        }
        guard isAdmitted else { return false }
        if case .terminated = continuation.yield(keys) {
            leave(keys)
            return false
        }
        return true
    }

    /// The resolver for a host: always the same one, so that a host that hangs holds up few others.
    func resolver(of host: String) -> HostResolver {
        // The hash is seeded by the process, so that nobody can choose a name that shares another's resolver.
        resolvers[Int(UInt(bitPattern: host.hashValue) % UInt(resolvers.count))]
    }

    /// Gives the place of a fetch back.
    func leave(_ keys: IssuerKeys) {
        let host = keys.issuer.address.origin.host
        pending.withLock { pending in
            let count = pending[host, default: 0]
            pending[host] = count > 1 ? count - 1 : nil
        }
    }

    func finish() { continuation.finish() }
}
