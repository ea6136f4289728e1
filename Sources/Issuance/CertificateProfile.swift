package import Identity
package import OpenSSL

/// The profile of issued certificates: ten minutes, one name, code signing (CA specification 5.1).
package enum CertificateProfile {
    /// The validity of a leaf: ten minutes, in milliseconds.
    package static let lifetimeInMilliseconds: UInt64 = 600_000

    /// Builds the to-be-signed precertificate of a principal's key and lints its bytes.
    ///
    /// Both ends of the validity come from the one reading `now`. Throws a refusal when the claims make no
    /// certificate, and a failure when the chain does not outlive the leaf or the lint finds anything.
    package static func prepare(
        _ principal: Principal, _ key: SubjectPublicKeyInfo, issuing: IssuingCertificate, now: Timestamp
    ) throws -> LintedTemplate {
        let content = try content(of: principal)
        let start = Timestamp(seconds: now.seconds)
        let end = start.adding(milliseconds: lifetimeInMilliseconds)
        guard issuing.isValid(from: start, to: end) else {
            throw IssuanceFailure.backend(
                cause: "a certificate of the chain is not valid for the whole life of the leaf")
        }
        let fields = CertificateFields(
            serialNumber: try SerialNumber.generate(), signatureAlgorithm: issuing.signatureAlgorithm,
            issuer: issuing.certificate.subject, notBefore: start, notAfter: end,
            subject: DERWriter.sequence([]), subjectPublicKeyInfo: key,
            extensions: try LeafExtensions.all(for: principal, key: key, issuing: issuing)
        )
        let expectation = ProfileLint.Expectation(
            fields: fields, authorityKeyIdentifier: issuing.keyIdentifier, name: content.subjectAlternativeName)
        return try LintedTemplate(expectation)
    }

    /// The content that a principal's claims make; throws the refusal that has waited for the proof to be checked.
    static func content(of principal: Principal) throws(IssuanceRefusal) -> CertificateContent {
        switch principal.content {
        case .success(let content): return content
        case .failure(let refusal): throw IssuanceRefusal(refusal)
        }
    }
}
