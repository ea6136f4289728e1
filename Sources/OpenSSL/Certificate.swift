/// One extension of a certificate or request (RFC 5280 §4.1.2.9).
package struct CertificateExtension: Hashable, Sendable {
    /// The extnID.
    package let id: ObjectIdentifier

    /// Whether a reader that does not know the extension must refuse the certificate.
    package let isCritical: Bool

    /// The octets inside the extnValue OCTET STRING.
    package let value: [UInt8]

    /// An extension to be encoded.
    package init(id: ObjectIdentifier, isCritical: Bool = false, value: [UInt8]) {
        self.id = id
        self.isCritical = isCritical
        self.value = value
    }

    /// The DER of the whole Extension; a FALSE critical is left out.
    package var der: [UInt8] {
        DERWriter.sequence(
            [DERWriter.objectIdentifier(id)]
                + (isCritical ? [DERWriter.element(tag: DERTag.boolean, [0xFF])] : [])
                + [DERWriter.octetString(value)]
        )
    }
}

/// A certificate read from strict DER; the signed bytes are kept as they came (RFC 5280 §4.1).
///
/// Reading checks the form alone: nothing here says that a certificate is trusted.
package struct Certificate: Hashable, Sendable {
    /// The whole certificate.
    package let der: [UInt8]

    /// The to-be-signed part, exactly the bytes under the signature.
    package let tbsCertificate: TBSCertificate

    /// The outer signatureAlgorithm, a DER AlgorithmIdentifier.
    package let signatureAlgorithm: [UInt8]

    /// The octets of the signature.
    package let signature: [UInt8]

    /// Reads exactly one certificate; throws for trailing bytes and for anything that is not DER.
    package init(der: [UInt8]) throws(DERError) {
        // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
        var outer = DERReader(der)
        var body = try outer.nested(tag: DERTag.sequence)
        try outer.requireEnd()
        let tbs = try body.next(tag: DERTag.sequence)
        let algorithm = try body.next(tag: DERTag.sequence)
        signature = try body.bitString()
        try body.requireEnd()
        tbsCertificate = try TBSCertificate(der: Array(der[tbs.encoded]))
        signatureAlgorithm = Array(der[algorithm.encoded])
        self.der = der
    }

    /// Puts a signature around to-be-signed bytes.
    package init(tbsCertificate: TBSCertificate, signature: [UInt8]) throws(DERError) {
        try self.init(
            der: DERWriter.sequence([
                tbsCertificate.der, tbsCertificate.signatureAlgorithm, DERWriter.bitString(signature),
            ])
        )
    }

    /// Reads one PEM block labelled `CERTIFICATE`.
    package init(pem: [UInt8]) throws(DERError) {
        guard let block = PEM.firstBlock(in: pem), block.label == "CERTIFICATE" else {
            throw DERError("no PEM block labelled CERTIFICATE")
        }
        try self.init(der: block.bytes)
    }

    /// H(DER).
    package var fingerprint: SHA256Digest { SHA256Digest(hashing: der) }

    /// The certificate in PEM; ends in one newline.
    package var pem: String { PEM.encode(label: "CERTIFICATE", der) }

    /// The serial number's content octets.
    package var serialNumber: [UInt8] { tbsCertificate.serialNumber }

    /// The issuer's Name as DER.
    package var issuer: [UInt8] { tbsCertificate.issuer }

    /// The subject's Name as DER.
    package var subject: [UInt8] { tbsCertificate.subject }

    /// The first second of validity.
    package var notBefore: Timestamp { tbsCertificate.notBefore }

    /// The last second of validity.
    package var notAfter: Timestamp { tbsCertificate.notAfter }

    /// The certified key.
    package var subjectPublicKeyInfo: SubjectPublicKeyInfo { tbsCertificate.subjectPublicKeyInfo }

    /// The extensions in order; no identifier occurs twice.
    package var extensions: [CertificateExtension] { tbsCertificate.extensions }

    /// The extension with this identifier.
    package func firstExtension(_ id: ObjectIdentifier) -> CertificateExtension? {
        tbsCertificate.extensions.first { $0.id == id }
    }

    /// Whether the signature is one by `key`, with the same algorithm named inside and outside.
    package func isSigned(by key: PublicKey) -> Bool {
        guard signatureAlgorithm == tbsCertificate.signatureAlgorithm,
            let scheme = SignatureScheme(algorithmIdentifier: signatureAlgorithm)
        else { return false }
        return key.isValidSignature(signature, over: tbsCertificate.der, scheme: scheme)
    }
}
