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
        // The bytes that are signed already are copied and not encoded again; the lint reads the result as it is.
        let precertificate = certificate.tbsCertificate
        let tbs = try LintedTemplate.linted(expectation, timestamps) { _ in
            let kept = try precertificate.allButLastExtension()
            return precertificate.encoded(withExtensions: precertificate.der[kept] + timestamps.der)
        }
        guard tbs.der.count <= Self.maximumByteCount else {
            throw IssuanceFailure.transparencyLog(cause: "with its timestamps the certificate is larger than 16 KiB")
        }
        guard try tbs.isEqualButForLastExtension(to: precertificate) else {
            throw IssuanceFailure.backend(cause: "the final certificate differs from its precertificate")
        }
        return try await Certificate(signing: tbs, with: key)
    }
}

extension TBSCertificate {
    /// Where all extensions but the last lie; throws when there is none, or something behind them.
    fileprivate func allButLastExtension() throws -> Range<Int> {
        guard let last = extensionRanges.last, let first = extensionRanges.first, last.upperBound == der.count else {
            throw IssuanceFailure.backend(cause: "a to-be-signed certificate without extensions at its end")
        }
        return first.lowerBound..<last.lowerBound
    }

    /// Whether two encodings are equal but for their last extension and the lengths around it.
    ///
    /// The headers of TBSCertificate, [3] and Extensions differ in length alone; all else must be equal.
    fileprivate func isEqualButForLastExtension(to other: TBSCertificate) throws -> Bool {
        let (extensions, others) = (try allButLastExtension(), try other.allButLastExtension())
        return der[fieldsBeforeExtensions].elementsEqual(other.der[other.fieldsBeforeExtensions])
            && der[extensions].elementsEqual(other.der[others])
    }
}
