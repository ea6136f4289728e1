package import OpenSSL

/// A to-be-signed precertificate that passed every lint and can be signed once.
package struct LintedTemplate: ~Copyable {
    /// The longest to-be-signed precertificate, in octets.
    ///
    /// The list of SCTs is longer than the poison; with a usual one and the signature the certificate stays within
    /// 16 KiB.
    private static let maximumByteCount = 15 * 1024

    /// What both certificates say, without the last extension.
    private let expectation: ProfileLint.Expectation

    /// The bytes that the CA key is about to sign.
    private let tbsPrecertificate: TBSCertificate

    /// Throws a refusal when the certificate would be too large, and a failure when the lint finds anything.
    init(_ expectation: ProfileLint.Expectation) throws {
        let tbs = try Self.linted(expectation, LeafExtensions.poison)
        guard tbs.der.count <= Self.maximumByteCount else {
            throw IssuanceRefusal.certificateContent("the certificate would be larger than 16 KiB")
        }
        self.expectation = expectation
        tbsPrecertificate = tbs
    }

    /// Signs the precertificate; the template is used up.
    package consuming func sign(with key: any SigningKey) async throws -> SignedPrecertificate {
        SignedPrecertificate(
            certificate: try await Certificate(signing: tbsPrecertificate, with: key), expectation: expectation)
    }

    /// Signs the certificate itself, which carries no timestamps; the template is used up.
    package consuming func signCertificate(with key: any SigningKey) async throws -> Certificate {
        try await Certificate(signing: try Self.linted(expectation, nil), with: key)
    }

    /// Encodes the fields, with one more extension if there is one, and checks the bytes with a reader that is not the
    /// encoder.
    ///
    /// `encode` makes the bytes of all fields; libcrypto does unless there are bytes to take them from.
    static func linted(
        _ expectation: ProfileLint.Expectation, _ last: CertificateExtension?,
        encode: (CertificateFields) throws -> [UInt8] = { try $0.tbsCertificate() }
    ) throws -> TBSCertificate {
        var complete = expectation
        if let last { complete.fields.extensions.append(last) }
        complete.isMarked = last != nil
        let tbs = try TBSCertificate(der: try encode(complete.fields))
        try ProfileLint.check(tbs, against: complete)
        return tbs
    }
}
