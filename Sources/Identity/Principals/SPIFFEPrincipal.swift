import StrictJSON

/// The rules of issuers whose subjects are SPIFFE IDs (CA specification 2.7 and 4.1, type `spiffe`).
enum SPIFFEPrincipal {
    /// Makes the principal of verified claims; the trust domain must be exactly the configured one.
    static func principal(from claims: ClaimsSet, trustDomain: String) throws(TokenRefusal) -> Principal {
        var reader = ClaimReader(claims)
        let issuer = try reader.issuer()
        let subject = try reader.subject()
        guard let id = SPIFFEID(subject), id.trustDomain.hasSameBytes(as: trustDomain) else {
            throw .claimMalformed("sub")
        }
        return Principal(
            issuer: issuer, subject: subject, challenge: Array(subject.utf8), subjectAlternativeName: .uri(id.text))
    }
}
