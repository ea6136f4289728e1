package import OpenSSL

/// A precertificate under the CA's signature, good for exactly one final certificate.
package struct SignedPrecertificate: ~Copyable {
    /// The precertificate as it goes to the log.
    package let certificate: Certificate

    private let expectation: ProfileLint.Expectation

    /// The longest to-be-signed certificate with its timestamps: another log may fill its own with what it likes.
    private static let maximumByteCount = 16 * 1024 - 600

    init(certificate: Certificate, expectation: ProfileLint.Expectation) {
        self.certificate = certificate
        self.expectation = expectation
    }

    /// Signs the final certificate, which carries the list of SCTs in the poison's place; the precertificate is used
    /// up.
    ///
    /// `timestamps` is the extension with the list of SCTs (RFC 6962 §3.3). Throws when the two to-be-signed
    /// certificates differ in anything but their last extension, and when the list makes the certificate too large.
    package consuming func finish(
        _ timestamps: CertificateExtension, with key: any SigningKey
    ) async throws -> Certificate {
        let tbs = try LintedTemplate.linted(expectation, timestamps)
        guard tbs.der.count <= Self.maximumByteCount else {
            throw IssuanceFailure.transparencyLog(cause: "with its timestamps the certificate is larger than 16 KiB")
        }
        guard try tbs.droppingLastExtension() == certificate.tbsCertificate.droppingLastExtension() else {
            throw IssuanceFailure.backend(cause: "the final certificate differs from its precertificate")
        }
        return try await Certificate(signing: tbs, with: key)
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
