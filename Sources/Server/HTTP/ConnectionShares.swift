/// How many connections each address may have, over several listeners (reliability ).
struct ConnectionShares: Sendable {
    /// Connections beyond its share for which an address may wait: waiting takes a place of everybody's.
    static let waitingPerAddress = 16

    /// How often a connection beyond its address's share asks for a place, a tenth of a second apart.
    ///
    /// The end of a connection that its client has left is noticed a little later under load, and a client that opens
    /// one after the other must not suffer from that.
    private static let tries = 10

    private let held: ShareLimit<SourceAddress>
    private let waiting: ShareLimit<SourceAddress>
    private let proxies: TrustedProxies

    /// Shares of `held` for all but the trusted proxies, which speak for many clients; at most `waitingCount`
    /// connections of an address wait for one.
    init(
        _ held: ShareLimit<SourceAddress>, proxies: TrustedProxies = TrustedProxies(),
        waitingCount: Int = Self.waitingPerAddress
    ) {
        (self.held, self.proxies) = (held, proxies)
        waiting = ShareLimit(waitingCount)
    }

    /// A permit for a connection from an address, or nil when the address has its share.
    ///
    /// Waits about a second for a place, while `isActive`; not at all behind enough others that wait.
    func enter(_ address: String?, isActive: () -> Bool) async -> ShareLimit<SourceAddress>.Permit? {
        if let address, proxies.isTrusted(address) { return held.enter(nil) }
        let source = SourceAddress(address)
        if let permit = held.enter(source) { return permit }
        guard let place = waiting.enter(source) else { return nil }
        defer { place.leave() }
        for _ in 1..<Self.tries {
            guard isActive(), (try? await Task.sleep(for: .milliseconds(100))) != nil else { return nil }
            if let permit = held.enter(source) { return permit }
        }
        return nil
    }
}
