import StrictJSON

/// The rules of issuers that vouch for e-mail addresses (CA specification 2.7 and 4.1, type `email`).
enum EmailPrincipal {
    private static let spellings: [(String, Bool)] = [
        ("true", true), ("True", true), ("false", false), ("False", false),
    ]

    /// Makes the principal of verified claims.
    ///
    /// The address is name and challenge. `sub` may be missing. With an issuer claim, that value is the issuer.
    static func principal(
        from claims: ClaimsSet, issuerClaim: JSONPath?, skipVerification: Bool
    ) throws(TokenRefusal) -> Principal {
        var reader = ClaimReader(claims)
        let address = try EmailAddress(reader.text("email"))
        let isVerified = try isVerified(claims.value["email_verified"])
        guard isVerified || skipVerification else { throw .emailNotVerified }
        let issuer = if let issuerClaim { try reader.text(at: issuerClaim) } else { try reader.issuer() }
        return Principal(
            issuer: issuer,
            subject: try reader.optionalText("sub"),
            challenge: Array(address.text.utf8),
            subjectAlternativeName: .email(address.text)
        )
    }

    /// What `email_verified` says; throws for every other spelling.
    static func isVerified(_ value: JSONValue?) throws(TokenRefusal) -> Bool {
        switch value {
        case nil: return false
        case .bool(let truth): return truth
        case .string(let text):
            guard let spelling = spellings.first(where: { $0.0.hasSameBytes(as: text) }) else {
                throw .claimMalformed("email_verified")
            }
            return spelling.1
        default: throw .claimMalformed("email_verified")
        }
    }
}
