package import OpenSSL

/// What a log asks about certificates (transparency-log 4.2).
extension Certificate {
    /// Whether basicConstraints says that this is an authority's certificate.
    package var isAuthority: Bool { basicConstraints?.isAuthority ?? false }

    /// Whether this is an authority's certificate whose key usage, if there is one, has keyCertSign.
    var mayIssue: Bool { isAuthority && allowsCertificateSigning ?? true }

    /// Whether the extended key usage names this purpose; "any" does not count.
    package func hasExtendedKeyUsage(_ purpose: ObjectIdentifier) -> Bool {
        extendedKeyUsages?.contains(purpose) ?? false
    }

    /// Whether the certificate's signature is of a kind that is understood; SHA-1 is not.
    var hasAcceptedSignatureAlgorithm: Bool {
        guard let scheme = SignatureScheme(algorithmIdentifier: signatureAlgorithm) else { return false }
        return scheme.hash != .sha1
    }

    /// Whether the names fit byte for byte and the signature is the issuer's.
    package func isIssued(by issuer: Certificate) -> Bool {
        guard self.issuer == issuer.subject, let key = try? PublicKey(issuer.subjectPublicKeyInfo) else { return false }
        return isSigned(by: key)
    }
}

extension ObjectIdentifier {
    /// The purpose of a precertificate signing certificate (RFC 6962 §3.1).
    package static let precertificateSigning: ObjectIdentifier = "1.3.6.1.4.1.11129.2.4.4"
}
