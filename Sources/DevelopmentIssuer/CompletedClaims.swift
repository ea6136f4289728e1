import OpenSSL
import StrictJSON

/// The claims of one token: what the request says, completed by what it leaves out (OpenID Connect Core §2).
///
/// Nothing is judged. A request may name another issuer, an audience of three or an `exp` in the past, because tests
/// of a certificate authority need such tokens.
struct CompletedClaims: Sendable {
    /// The claims in the request's order, then the added ones.
    let json: JSONValue
    /// Seconds from now to `exp`; nil when `exp` is no whole number, 0 when it has passed.
    let secondsToExpiry: Int64?

    /// Completes a request's claims.
    ///
    /// `iss`, `sub`, `aud`, `iat` and `exp` are added where the request has no member of that name, even `null`.
    init(requested: [JSONMember], issuer: String, configuration: ProviderConfiguration, now: Timestamp) {
        let issuedAt = Int64(clamping: now.seconds)
        let lifetime = Int64(clamping: configuration.lifetimeSeconds)
        let defaults = [
            JSONMember(name: "iss", value: .string(issuer)),
            JSONMember(name: "sub", value: "development"),
            JSONMember(name: "aud", value: .string(configuration.clientID)),
            JSONMember(name: "iat", value: .integer(issuedAt)),
            JSONMember(name: "exp", value: .integer(Self.sum(issuedAt, lifetime))),
        ]
        let given = JSONValue.object(requested)
        let claims = JSONValue.object(requested + defaults.filter { given[$0.name] == nil })
        json = claims
        secondsToExpiry = claims["exp"]?.integer.map { max(0, Self.difference($0, issuedAt)) }
    }

    private static func sum(_ lhs: Int64, _ rhs: Int64) -> Int64 {
        let (sum, overflow) = lhs.addingReportingOverflow(rhs)
        return overflow ? .max : sum
    }

    /// `exp` is the request's own and may be any 64-bit number.
    private static func difference(_ lhs: Int64, _ rhs: Int64) -> Int64 {
        let (difference, overflow) = lhs.subtractingReportingOverflow(rhs)
        guard overflow else { return difference }
        return lhs < 0 ? .min : .max
    }
}
