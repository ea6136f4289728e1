import StrictJSON

/// The rules of CI systems that the configuration describes by templates (CA specification 4.3, type `ci-provider`).
enum CIProviderPrincipal {
    /// Makes the principal of verified claims; `sub` is what callers sign.
    static func principal(
        from claims: ClaimsSet, metadata: CIProviderMetadata
    ) throws(TokenRefusal) -> Principal {
        var reader = ClaimReader(claims)
        let issuer = try reader.issuer()
        let subject = try reader.subject()
        return Principal(issuer: issuer, subject: subject, challenge: Array(subject.utf8)) {
            () throws(CertificateContentRefusal) in
            try content(metadata, ClaimValues(claims: claims.value, defaults: metadata.defaults), issuer)
        }
    }

    private static func content(
        _ metadata: CIProviderMetadata, _ values: ClaimValues, _ issuer: String
    ) throws(CertificateContentRefusal) -> CertificateContent {
        guard let template = metadata.subjectAlternativeName else {
            throw CertificateContentRefusal("SubjectAlternativeNameTemplate should not be empty. Issuer: \(issuer)")
        }
        let name = try template.text(
            from: values, extensionName: "SubjectAlternativeName", issuer: issuer)
        guard !name.isEmpty else {
            throw CertificateContentRefusal("SubjectAlternativeNameTemplate evaluates to nothing. Issuer: \(issuer)")
        }
        var attributes: [(FulcioExtension, String)] = []
        // Templates may repeat a claim: the sum is bounded here, as it is where claims are read (SEC-06).
        var byteCount = name.utf8.count + issuer.utf8.count
        for item in metadata.extensions {
            let text = try item.template.text(
                from: values, extensionName: item.target.jsonKey ?? "", issuer: issuer)
            byteCount += text.utf8.count
            guard byteCount <= ClaimReader.totalLimit else {
                throw CertificateContentRefusal("the values are longer than \(ClaimReader.totalLimit) bytes together")
            }
            attributes.append((item.target, text))
        }
        return CertificateContent(.uri(try UniformResourceIdentifier(name).text), attributes)
    }
}
