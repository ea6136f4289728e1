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
        return try LintedTemplate(fields)
    }
}

/// A to-be-signed precertificate that passed every lint and can be signed once.
package struct LintedTemplate: ~Copyable {
    /// What both certificates say, without the last extension.
    private let fields: CertificateFields

    /// The bytes that the CA key is about to sign.
    private let tbsPrecertificate: TBSCertificate

    init(_ fields: CertificateFields) throws {
        self.fields = fields
        tbsPrecertificate = try Self.linted(fields, LeafExtensions.poison)
    }

    /// Signs the precertificate; the template is used up.
    package consuming func sign(with key: any SigningKey) async throws -> SignedPrecertificate {
        let signature = try await key.verifiedSignature(over: tbsPrecertificate.der)
        let certificate = try Certificate(tbsCertificate: tbsPrecertificate, signature: signature)
        return SignedPrecertificate(certificate: certificate, fields: fields)
    }

    /// Encodes the fields with one more extension and checks the bytes with a reader that is not the encoder.
    static func linted(_ fields: CertificateFields, _ last: CertificateExtension) throws -> TBSCertificate {
        var complete = fields
        complete.extensions.append(last)
        let tbs = try TBSCertificate(der: try complete.tbsCertificate())
        try ProfileLint.check(tbs, against: complete)
        return tbs
    }
}

/// A precertificate under the CA's signature, good for exactly one final certificate.
package struct SignedPrecertificate: ~Copyable {
    /// The precertificate as it goes to the log.
    package let certificate: Certificate

    private let fields: CertificateFields

    init(certificate: Certificate, fields: CertificateFields) {
        self.certificate = certificate
        self.fields = fields
    }

    /// Signs the final certificate, which carries the list of SCTs in the poison's place; the precertificate is used up.
    ///
    /// `timestamps` is the extension with the list of SCTs (RFC 6962 §3.3). Throws when the two to-be-signed
    /// certificates differ in anything but their last extension.
    package consuming func finish(
        _ timestamps: CertificateExtension, with key: any SigningKey
    ) async throws -> Certificate {
        let tbs = try LintedTemplate.linted(fields, timestamps)
        guard try tbs.droppingLastExtension() == certificate.tbsCertificate.droppingLastExtension() else {
            throw IssuanceFailure.backend(cause: "the final certificate differs from its precertificate")
        }
        return try Certificate(tbsCertificate: tbs, signature: try await key.verifiedSignature(over: tbs.der))
    }
}

extension TBSCertificate {
    /// The encoding with the last extension cut out and the lengths around it left as they are.
    ///
    /// Enough to compare two encodings of equal fields, as the headers' lengths follow from the rest.
    fileprivate func droppingLastExtension() throws -> [[UInt8]] {
        guard let last = extensionRanges.last, let first = extensionRanges.first, last.upperBound == der.count else {
            throw IssuanceFailure.backend(cause: "a to-be-signed certificate without extensions at its end")
        }
        // The headers of TBSCertificate, [3] and Extensions differ in length alone; all else must be equal.
        var outer = DERReader(der)
        let content = try outer.next(tag: DERTag.sequence).content
        var body = DERReader(der, in: content)
        var end = content.lowerBound
        while body.peekTag() != DERTag.context(3, constructed: true) { end = try body.next().encoded.upperBound }
        return [Array(der[content.lowerBound..<end]), Array(der[first.lowerBound..<last.lowerBound])]
    }
}
