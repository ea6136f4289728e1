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

    /// The key and scheme under which exactly this signature over exactly these bytes was found valid, when the
    /// certificate was made here; nil for one that was read.
    private let verified: Verified?

    private struct Verified: Sendable {
        let key: SubjectPublicKeyInfo
        let scheme: SignatureScheme
    }

    /// Reads exactly one certificate; throws for trailing bytes and for anything that is not DER.
    package init(der: [UInt8]) throws(DERError) {
        try self.init(der: der, made: nil, verified: nil)
    }

    /// Reads one certificate; one that was `made` from a to-be-signed part must contain exactly that.
    private init(der: [UInt8], made: TBSCertificate?, verified: Verified?) throws(DERError) {
        // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm AlgorithmIdentifier, signature BIT STRING }
        var outer = DERReader(der)
        var body = try outer.nested(tag: DERTag.sequence)
        try outer.requireEnd()
        let tbs = try body.next(tag: DERTag.sequence)
        let algorithm = try body.next(tag: DERTag.sequence)
        signature = try body.bitString()
        try body.requireEnd()
        if let made {
            guard der[tbs.encoded].elementsEqual(made.der) else { throw DERError("another to-be-signed part") }
            tbsCertificate = made
        } else {
            tbsCertificate = try TBSCertificate(der: Array(der[tbs.encoded]))
        }
        signatureAlgorithm = Array(der[algorithm.encoded])
        self.der = der
        self.verified = verified
    }

    /// Puts a signature around to-be-signed bytes.
    package init(tbsCertificate: TBSCertificate, signature: [UInt8]) throws(DERError) {
        try self.init(tbsCertificate, signature, verified: nil)
    }

    /// Signs to-be-signed bytes, verifies the signature and puts it around them.
    ///
    /// The certificate remembers under which key it was verified. Throws what the key throws, and when the signature
    /// does not verify.
    package init(signing tbsCertificate: TBSCertificate, with key: any SigningKey) async throws {
        let signature = try await key.verifiedSignature(over: tbsCertificate.der)
        let verified = Verified(key: key.publicKey.subjectPublicKeyInfo, scheme: key.scheme)
        try self.init(tbsCertificate, signature, verified: verified)
    }

    private init(_ tbsCertificate: TBSCertificate, _ signature: [UInt8], verified: Verified?) throws(DERError) {
        try self.init(
            der: DERWriter.sequence([
                tbsCertificate.der, tbsCertificate.signatureAlgorithm, DERWriter.bitString(signature),
            ]),
            made: tbsCertificate, verified: verified)
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
    ///
    /// A certificate that was made here was verified then: its bytes and signature cannot have changed since, so the
    /// same key and scheme would only be asked for the same answer again.
    package func isSigned(by key: PublicKey) -> Bool {
        guard signatureAlgorithm == tbsCertificate.signatureAlgorithm,
            let scheme = SignatureScheme(algorithmIdentifier: signatureAlgorithm)
        else { return false }
        if let verified, verified.scheme == scheme, verified.key == key.subjectPublicKeyInfo { return true }
        return key.isValidSignature(signature, over: tbsCertificate.der, scheme: scheme)
    }

    package static func == (lhs: Self, rhs: Self) -> Bool { lhs.der == rhs.der }

    package func hash(into hasher: inout Hasher) { hasher.combine(der) }

    /// The basic constraints; nil when the extension is missing or malformed.
    package var basicConstraints: BasicConstraints? {
        guard let item = firstExtension(.basicConstraints) else { return nil }
        return try? BasicConstraints(item)
    }

    /// Whether keyUsage has keyCertSign; nil when there is no such extension, false when it is malformed.
    package var allowsCertificateSigning: Bool? {
        guard let usage = firstExtension(.keyUsage) else { return nil }
        var reader = DERReader(usage.value)
        // KeyUsage ::= BIT STRING: the first content octet counts unused bits, keyCertSign is bit 5.
        guard let content = try? reader.content(tag: DERTag.bitString), content.count >= 2 else { return false }
        return content[1] & 0x04 != 0
    }

    /// The purposes of extKeyUsage (RFC 5280 §4.2.1.12); nil when there is no such extension, empty when malformed.
    package var extendedKeyUsages: [ObjectIdentifier]? {
        guard let usage = firstExtension(.extendedKeyUsage) else { return nil }
        return (try? Self.purposes(usage.value)) ?? []
    }

    private static func purposes(_ value: [UInt8]) throws(DERError) -> [ObjectIdentifier] {
        var outer = DERReader(value)
        var list = try outer.nested(tag: DERTag.sequence)
        try outer.requireEnd()
        var purposes: [ObjectIdentifier] = []
        while !list.isAtEnd { purposes.append(try list.objectIdentifier()) }
        return purposes
    }
}
