import CertificateTransparency
import OpenSSL
import TransparencyLog

/// Certificates with whatever fields a test wants; each is signed by `key`.
struct TestCertificates {
    let key: PrivateKey

    init() throws {
        key = try PrivateKey.generate(.ellipticCurve(.p256))
    }

    static let poison = CertificateExtension(id: .precertificatePoison, isCritical: true, value: [5, 0])

    static func name(_ text: String) -> [UInt8] {
        let attribute = DERWriter.sequence([DERWriter.objectIdentifier(.commonName), DERWriter.utf8String(text)])
        return DERWriter.sequence([DERWriter.set(attribute)])
    }

    static func purpose(_ id: ObjectIdentifier) -> CertificateExtension {
        CertificateExtension(id: .extendedKeyUsage, value: DERWriter.sequence([DERWriter.objectIdentifier(id)]))
    }

    func certificate(
        serialNumber: UInt8 = 7, issuer: String = "issuer", subject: String = "leaf",
        extensions: [CertificateExtension] = [purpose(.codeSigning)]
    ) throws -> Certificate {
        let scheme = SignatureScheme.ecdsa(.sha256)
        let fields = CertificateFields(
            serialNumber: [serialNumber], signatureAlgorithm: try scheme.algorithmIdentifier.required(),
            issuer: Self.name(issuer), notBefore: MemoryLog.start,
            notAfter: MemoryLog.start.adding(milliseconds: 600_000), subject: Self.name(subject),
            subjectPublicKeyInfo: key.publicKey.subjectPublicKeyInfo, extensions: extensions)
        let tbs = try fields.tbsCertificate()
        return try Certificate(
            tbsCertificate: TBSCertificate(der: tbs), signature: try key.signature(over: tbs, scheme: scheme))
    }
}
