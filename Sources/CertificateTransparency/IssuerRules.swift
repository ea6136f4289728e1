internal import OpenSSL

/// What a log asks about certificates (transparency-log 4.2).
extension Certificate {
    /// Whether basicConstraints says that this is an authority's certificate.
    var isAuthority: Bool {
        guard let value = firstExtension(.basicConstraints)?.value else { return false }
        // BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
        var outer = DERReader(value)
        guard var body = try? outer.nested(tag: DERTag.sequence) else { return false }
        return (try? body.trueBoolean()) != nil
    }

    /// Whether this is an authority's certificate whose key usage, if there is one, has keyCertSign.
    var mayIssue: Bool {
        guard isAuthority else { return false }
        guard let value = firstExtension(.keyUsage)?.value else { return true }
        var outer = DERReader(value)
        // KeyUsage ::= BIT STRING; the first content octet counts unused bits, keyCertSign is bit 5.
        guard let content = try? outer.content(tag: DERTag.bitString), content.count >= 2 else { return false }
        return content[1] & 0x04 != 0
    }

    /// Whether the extended key usage names this purpose; "any" does not count.
    func hasExtendedKeyUsage(_ purpose: ObjectIdentifier) -> Bool {
        guard let value = firstExtension(.extendedKeyUsage)?.value else { return false }
        var outer = DERReader(value)
        guard var body = try? outer.nested(tag: DERTag.sequence) else { return false }
        while !body.isAtEnd {
            guard let found = try? body.objectIdentifier() else { return false }
            if found == purpose { return true }
        }
        return false
    }

    /// Whether the certificate's signature is of a kind that is understood; SHA-1 is not.
    var hasAcceptedSignatureAlgorithm: Bool {
        guard let scheme = SignatureScheme(algorithmIdentifier: signatureAlgorithm) else { return false }
        return scheme.hash != .sha1
    }

    /// Whether the names fit byte for byte and the signature is the issuer's.
    func isIssued(by issuer: Certificate) -> Bool {
        guard self.issuer == issuer.subject, let key = try? PublicKey(issuer.subjectPublicKeyInfo) else { return false }
        return isSigned(by: key)
    }
}

extension ObjectIdentifier {
    /// The purpose of a precertificate signing certificate (RFC 6962 §3.1).
    static let precertificateSigning: ObjectIdentifier = "1.3.6.1.4.1.11129.2.4.4"
}
