import OpenSSL
import Testing

/// Certificates that sign themselves, with every field we read.
enum TestCertificate {
    private static func fields(key: PrivateKey, notAfter: Timestamp) throws -> CertificateFields {
        let name = try #require(DistinguishedName(commonName: "a", organization: "b")).der
        return CertificateFields(
            serialNumber: [0x80, 1], signatureAlgorithm: try #require(key.defaultScheme.algorithmIdentifier),
            issuer: name, notBefore: Timestamp(seconds: 1_700_000_000), notAfter: notAfter, subject: name,
            subjectPublicKeyInfo: key.publicKey.subjectPublicKeyInfo,
            extensions: [
                CertificateExtension(
                    id: .basicConstraints, isCritical: true,
                    value: DERWriter.sequence([DERWriter.element(tag: DERTag.boolean, [0xFF])])),
                CertificateExtension(id: .keyUsage, isCritical: true, value: [3, 2, 1, 6]),
                CertificateExtension(
                    id: .subjectKeyIdentifier, value: DERWriter.octetString([1, 2, 3, 4])),
            ])
    }

    /// A self-signed certificate with a new key of a kind.
    static func make(
        _ kind: PrivateKey.Kind, notAfter: Timestamp = Timestamp(seconds: 2_000_000_000)
    ) throws -> (Certificate, PrivateKey) {
        let key = try PrivateKey.generate(kind)
        let tbs = try TBSCertificate(der: try fields(key: key, notAfter: notAfter).tbsCertificate())
        let signature = try key.signature(over: tbs.der, scheme: key.defaultScheme)
        return (try Certificate(tbsCertificate: tbs, signature: signature), key)
    }
}
