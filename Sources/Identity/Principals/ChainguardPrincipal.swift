import StrictJSON

/// The rules of Chainguard identities (CA specification 2.7 and 4.1, type `chainguard-identity`).
enum ChainguardPrincipal {
    /// Makes the principal of verified claims.
    ///
    /// The name is issuer and subject, never the address; a verified address is what callers sign (quirk Q11).
    static func principal(from claims: ClaimsSet) throws(TokenRefusal) -> Principal {
        var reader = ClaimReader(claims)
        let issuer = try reader.issuer()
        let subject = try reader.subject()
        try checkShapes(claims.value)
        let email = try reader.optionalText("email") ?? ""
        if !email.isEmpty {
            guard try EmailPrincipal.isVerified(claims.value["email_verified"]) else { throw .emailNotVerified }
        }
        return Principal(
            issuer: issuer, subject: subject, challenge: Array((email.isEmpty ? subject : email).utf8)
        ) { () throws(CertificateContentRefusal) in
            CertificateContent(.uri(try URIPath.join(issuer, [subject], from: "sub")))
        }
    }

    private static func checkShapes(_ value: JSONValue) throws(TokenRefusal) {
        if let actor = value["act"] {
            guard let members = actor.members, members.allSatisfy({ $0.value.string != nil }) else {
                throw .claimMalformed("act")
            }
        }
        if let detail = value["internal"], detail.members == nil { throw .claimMalformed("internal") }
    }
}
