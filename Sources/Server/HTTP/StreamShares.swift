/// How many streams of HTTP/2 there may be, in all and from each address, over several listeners (reliability R-26).
struct StreamShares: Sendable {
    /// The right to a stream; give it back exactly once.
    struct Permit: Sendable {
        fileprivate let one: ConcurrencyLimit.Permit
        fileprivate let share: ShareLimit<SourceAddress>.Permit

        func leave() {
            one.leave()
            share.leave()
        }
    }

    private let all: ConcurrencyLimit
    private let each: ShareLimit<SourceAddress>
    private let proxies: TrustedProxies

    /// Streams below both limits; a trusted proxy, which speaks for many clients, has no share of its own.
    init(_ limits: RequestLimits, proxies: TrustedProxies) {
        (all, each, self.proxies) = (limits.streams, limits.streamsByAddress, proxies)
    }

    /// A permit for a stream from an address, or nil when there are too many.
    func enter(_ address: String?) -> Permit? {
        let isProxy = address.map { proxies.isTrusted($0) } ?? false
        guard let share = each.enter(isProxy ? nil : SourceAddress(address)) else { return nil }
        guard let one = all.enter() else {
            share.leave()
            return nil
        }
        return Permit(one: one, share: share)
    }
}
