/// The rules of issuers whose subjects are user names (CA specification 2.7 and 4.1, type `username`).
enum UsernamePrincipal {
    /// Makes the principal of verified claims: `<sub>!<domain>`.
    ///
    /// A `!` would move the border between name and domain, and an address could be taken for an e-mail identity.
    static func principal(from claims: ClaimsSet, domain: String) throws(TokenRefusal) -> Principal {
        var reader = ClaimReader(claims)
        let issuer = try reader.issuer()
        let subject = try reader.subject()
        guard !subject.utf8.contains(UInt8(ascii: "!")), !EmailAddress.isResembled(by: subject) else {
            throw .claimMalformed("sub")
        }
        return Principal(
            issuer: issuer, subject: subject, challenge: Array(subject.utf8),
            subjectAlternativeName: .otherName(username: "\(subject)!\(domain)"))
    }
}
