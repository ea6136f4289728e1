import Identity
import Issuance
import OpenSSL

/// A CA made for a test, with the pieces from which a near miss can be made.
struct TestAuthority {
    static let now = Timestamp(milliseconds: 1_800_000_000_500)

    let rootKey: LocalSigningKey
    let issuingKey: LocalSigningKey
    let root: Certificate
    let issuing: Certificate

    init(_ kind: PrivateKey.Kind = .ellipticCurve(.p256), at time: Timestamp = now) async throws {
        rootKey = LocalSigningKey(try PrivateKey.generate(kind))
        issuingKey = LocalSigningKey(try PrivateKey.generate(kind))
        root = try await CertificateAuthorityProfile.root(name: Self.name("root"), key: rootKey, now: time)
        issuing = try await CertificateAuthorityProfile.issuing(
            name: Self.name("issuing"), publicKey: issuingKey.publicKey, root: root, rootKey: rootKey, now: time)
    }

    /// The CA as it is loaded.
    func loaded(at time: Timestamp = now) throws -> IssuingCertificate {
        try IssuingCertificate(chain: [issuing, root], key: issuingKey, now: time)
    }

    /// A certificate like `original` after `change`, signed by `key`.
    static func changed(
        _ original: Certificate, signedBy key: LocalSigningKey, _ change: (inout CertificateFields) -> Void
    ) async throws -> Certificate {
        var fields = CertificateFields(
            serialNumber: original.serialNumber, signatureAlgorithm: original.signatureAlgorithm,
            issuer: original.issuer, notBefore: original.notBefore, notAfter: original.notAfter,
            subject: original.subject, subjectPublicKeyInfo: original.subjectPublicKeyInfo,
            extensions: original.extensions)
        change(&fields)
        let tbs = try TBSCertificate(der: try fields.tbsCertificate())
        return try Certificate(tbsCertificate: tbs, signature: try await key.signature(over: tbs.der))
    }

    private static func name(_ text: String) throws -> DistinguishedName {
        guard let name = DistinguishedName(commonName: text, organization: "Example") else {
            throw DERError("unusable name")
        }
        return name
    }
}
