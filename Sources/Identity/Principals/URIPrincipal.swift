import StrictJSON

/// The rules of issuers whose subjects are URIs (CA specification 2.7 and 4.1, type `uri`).
enum URIPrincipal {
    /// Makes the principal of verified claims.
    ///
    /// `sub` must have the scheme and the host of the domain; port and user do not matter.
    static func principal(
        from claims: ClaimsSet, domain: UniformResourceIdentifier
    ) throws(TokenRefusal) -> Principal {
        var reader = ClaimReader(claims)
        let issuer = try reader.issuer()
        let subject = try reader.subject()
        guard !EmailAddress.isResembled(by: subject), let uri = try? UniformResourceIdentifier(subject),
            uri.scheme == domain.scheme, uri.host.hasSameBytes(as: domain.host)
        else { throw .claimMalformed("sub") }
        return Principal(
            issuer: issuer, subject: subject, challenge: Array(subject.utf8),
            subjectAlternativeName: .uri(uri.text))
    }
}
