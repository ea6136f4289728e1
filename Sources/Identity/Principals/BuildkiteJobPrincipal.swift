/// The rules of Buildkite jobs (CA specification 2.7 and 4.1, type `buildkite-job`).
enum BuildkiteJobPrincipal {
    /// Makes the principal of verified claims: the pipeline's page.
    static func principal(from claims: ClaimsSet) throws(TokenRefusal) -> Principal {
        var reader = ClaimReader(claims)
        let issuer = try reader.issuer()
        let subject = try reader.subject()
        let organization = try reader.text("organization_slug")
        let pipeline = try reader.text("pipeline_slug")
        return Principal(issuer: issuer, subject: subject, challenge: Array(subject.utf8)) {
            () throws(CertificateContentRefusal) in
            let uri = try UniformResourceIdentifier("https://buildkite.com/\(organization)/\(pipeline)")
            return CertificateContent(.uri(uri.text))
        }
    }
}
