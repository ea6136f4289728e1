package import OpenSSL
package import StrictJSON

/// The claims of one token (RFC 7519 §4, OpenID Connect Core §2).
///
/// Member names are compared exactly; nothing here was verified until the signature around it was.
package struct ClaimsSet: Hashable, Sendable {
    private static let audienceLimit = 64
    /// The year 10000: beyond it no date can be written into a certificate.
    private static let endOfTime: Int64 = 253_402_300_800
    private static let notBeforeLeeway: UInt64 = 300 * 1000

    /// The whole claims object.
    package let value: JSONValue
    /// The `iss` claim; empty when the token has none.
    package let issuer: String
    /// The values of the `aud` claim.
    package let audience: [String]
    /// The `exp` claim in whole seconds of Unix time, above 0 and before the year 10000.
    package let expiration: Int64
    /// The `nbf` claim in whole seconds of Unix time.
    package let notBefore: Int64?

    /// Reads the registered claims; throws for a missing `exp` and for any registered claim of a wrong type.
    package init(_ value: JSONValue) throws(TokenRefusal) {
        self.value = value
        issuer = try Self.issuer(value)
        audience = try Self.audience(value)
        guard let member = value["exp"], !member.isNull else { throw .claimMissing("exp") }
        let expiration = try Self.numericDate(member, "exp")
        guard expiration > 0, expiration < Self.endOfTime else { throw .claimMalformed("exp") }
        self.expiration = expiration
        notBefore = try Self.optionalDate(value, "nbf")
        _ = try Self.optionalDate(value, "iat")
        try Self.checkDistributedClaims(value)
    }

    /// Checks that the token is for us and for this moment (CA specification 2.2).
    ///
    /// `exp` has no leeway; `nbf` has five minutes. An empty client id matches nothing.
    package func check(audience clientID: String, now: Timestamp) throws(TokenRefusal) {
        guard !clientID.isEmpty, audience.contains(where: { $0.hasSameBytes(as: clientID) }) else {
            throw .audienceMissing(expected: clientID, found: FoundAudience(audience))
        }
        let end = UInt64(clamping: expiration) * 1000
        guard end >= now.milliseconds else {
            throw .expired(by: .milliseconds(Int64(clamping: now.milliseconds &- end)))
        }
        guard let notBefore else { return }
        let start = UInt64(clamping: notBefore).multipliedReportingOverflow(by: 1000)
        let latest = now.adding(milliseconds: Self.notBeforeLeeway).milliseconds
        guard !start.overflow, start.partialValue <= latest else {
            throw .notYetValid(by: .seconds(notBefore) - .milliseconds(Int64(clamping: now.milliseconds)))
        }
    }

    private static func issuer(_ value: JSONValue) throws(TokenRefusal) -> String {
        guard let member = value["iss"] else { return "" }
        guard let issuer = member.string else { throw .claimMalformed("iss") }
        return issuer
    }

    private static func audience(_ value: JSONValue) throws(TokenRefusal) -> [String] {
        guard let member = value["aud"] else { return [] }
        if let single = member.string { return [single] }
        guard let elements = member.elements, elements.count <= audienceLimit else { throw .claimMalformed("aud") }
        let names = elements.compactMap(\.string)
        guard names.count == elements.count else { throw .claimMalformed("aud") }
        return names
    }

    private static func optionalDate(_ value: JSONValue, _ name: String) throws(TokenRefusal) -> Int64? {
        guard let member = value[name], !member.isNull else { return nil }
        return try numericDate(member, name)
    }

    private static func numericDate(_ value: JSONValue, _ name: String) throws(TokenRefusal) -> Int64 {
        switch value {
        case .integer(let seconds): return seconds
        case .real(let seconds):
            // Exactly representable beyond this no longer means exact, and Int64 must not overflow.
            guard let whole = Int64(exactly: seconds.rounded(.towardZero)), whole.magnitude < 1 << 53 else {
                throw .claimMalformed(name)
            }
            return whole
        default: throw .claimMalformed(name)
        }
    }

    /// Refuses references to claims elsewhere that lead nowhere (OpenID Connect Core §5.6.2).
    ///
    /// They are never resolved: a reference that could be is harmless.
    private static func checkDistributedClaims(_ value: JSONValue) throws(TokenRefusal) {
        let names = try members(value, "_claim_names")
        let sources = try members(value, "_claim_sources")
        guard sources.allSatisfy({ $0.value.members != nil }) else { throw .claimMalformed("_claim_sources") }
        for name in names {
            guard let target = name.value.string, sources.contains(where: { $0.name.hasSameBytes(as: target) }) else {
                throw .claimMalformed("_claim_names")
            }
        }
    }

    private static func members(_ value: JSONValue, _ name: String) throws(TokenRefusal) -> [JSONMember] {
        guard let member = value[name], !member.isNull else { return [] }
        guard let members = member.members, members.count <= audienceLimit else { throw .claimMalformed(name) }
        return members
    }
}
