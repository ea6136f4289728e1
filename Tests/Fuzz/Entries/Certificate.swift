import OpenSSL

extension FuzzEntry {
    /// A certificate with everything that is ever read from one.
    static let certificate = FuzzEntry("certificate", seeds: { try Corpus.blocks("certificate") }) { bytes in
        let certificate = try Certificate(der: bytes)
        let parts = [
            certificate.tbsCertificate.der, certificate.signatureAlgorithm,
            DERWriter.bitString(certificate.signature),
        ]
        guard DERWriter.sequence(parts) == bytes else { return "a certificate has a second encoding" }
        _ = (certificate.basicConstraints, certificate.allowsCertificateSigning, certificate.extendedKeyUsages)
        _ = SignatureScheme(algorithmIdentifier: certificate.signatureAlgorithm)
        for name in [certificate.subject, certificate.issuer] {
            let text = DistinguishedName.description(of: name)
            guard text.unicodeScalars.allSatisfy({ $0.value > 0x1F }) else { return "a name prints a control" }
        }
        if let key = try? PublicKey(certificate.subjectPublicKeyInfo) { _ = certificate.isSigned(by: key) }
        return try Certificate(pem: Array(certificate.pem.utf8)) == certificate ? nil : "PEM changes a certificate"
    }
}
