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
        for item in metadata.extensions {
            let text = try item.template.text(
                from: values, extensionName: item.target.jsonKey ?? "", issuer: issuer)
            attributes.append((item.target, text))
        }
        return CertificateContent(.uri(try UniformResourceIdentifier(name).text), attributes)
    }
}
