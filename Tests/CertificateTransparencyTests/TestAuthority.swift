import CertificateTransparency
import Foundation
import OpenSSL
import Testing
import TransparencyLog

/// A root and an issuing certificate with their keys, and what they issue.
struct TestAuthority {
    let rootKey: PrivateKey
    let issuingKey: PrivateKey
    let root: Certificate
    let issuing: Certificate

    static let codeSigning = ObjectIdentifier.codeSigning
    static let serverAuthentication: ObjectIdentifier = "1.3.6.1.5.5.7.3.1"
    static let anyPurpose: ObjectIdentifier = "2.5.29.37.0"
    static let precertificateSigning: ObjectIdentifier = "1.3.6.1.4.1.11129.2.4.4"

    /// The window of the tests' log: 2026.
    static let window = Timestamp(seconds: 1_767_225_600)..<Timestamp(seconds: 1_798_761_600)
    static let start = Timestamp(seconds: 1_780_000_000)

    init(issuingExtensions: [CertificateExtension]? = nil) throws {
        rootKey = try PrivateKey.generate(.ellipticCurve(.p256))
        issuingKey = try PrivateKey.generate(.ellipticCurve(.p256))
        root = try Self.certificate(
            subject: Self.name("root"), key: rootKey, issuer: Self.name("root"), issuerKey: rootKey,
            extensions: Self.authority)
        issuing = try Self.certificate(
            subject: Self.name("issuing"), key: issuingKey, issuer: Self.name("root"), issuerKey: rootKey,
            extensions: issuingExtensions ?? Self.authority)
    }

    var chain: [Certificate] { [issuing, root] }

    /// basicConstraints with cA, and keyUsage with keyCertSign and cRLSign.
    static let authority = [
        CertificateExtension(id: .basicConstraints, isCritical: true, value: [0x30, 3, 1, 1, 0xFF]),
        CertificateExtension(id: .keyUsage, isCritical: true, value: [3, 2, 1, 6]),
    ]
    static let poison = CertificateExtension(id: .precertificatePoison, isCritical: true, value: [5, 0])

    static func purposes(_ ids: ObjectIdentifier...) -> CertificateExtension {
        CertificateExtension(
            id: .extendedKeyUsage, value: DERWriter.sequence(ids.map { DERWriter.objectIdentifier($0) }))
    }

    static func name(_ text: String) -> [UInt8] {
        let attribute = DERWriter.sequence([DERWriter.objectIdentifier(.commonName), DERWriter.utf8String(text)])
        return DERWriter.sequence([DERWriter.set(attribute)])
    }

    static func certificate(
        subject: [UInt8], key: PrivateKey, issuer: [UInt8], issuerKey: PrivateKey,
        serialNumber: [UInt8] = [1], notAfter: Timestamp = start.adding(milliseconds: 600_000),
        scheme: SignatureScheme = .ecdsa(.sha256), extensions: [CertificateExtension]
    ) throws -> Certificate {
        let fields = CertificateFields(
            serialNumber: serialNumber, signatureAlgorithm: try #require(scheme.algorithmIdentifier), issuer: issuer,
            notBefore: start, notAfter: notAfter, subject: subject,
            subjectPublicKeyInfo: key.publicKey.subjectPublicKeyInfo, extensions: extensions)
        let tbs = try fields.tbsCertificate()
        return try Certificate(
            tbsCertificate: TBSCertificate(der: tbs), signature: try issuerKey.signature(over: tbs, scheme: scheme))
    }

    /// A leaf with these extensions around the place of the poison or the timestamps.
    func leaf(
        _ middle: [CertificateExtension], serialNumber: Int = 7, notAfter: Timestamp? = nil,
        purposes: CertificateExtension? = TestAuthority.purposes(codeSigning), key: PrivateKey? = nil,
        scheme: SignatureScheme = .ecdsa(.sha256)
    ) throws -> Certificate {
        let name = CertificateExtension(id: .subjectAlternativeName, isCritical: true, value: [0x30, 3, 0x81, 1, 0x61])
        return try Self.certificate(
            subject: DERWriter.sequence([]), key: key ?? issuingKey, issuer: issuing.subject, issuerKey: issuingKey,
            serialNumber: BigEndian.bytes(UInt32(serialNumber)),
            notAfter: notAfter ?? Self.start.adding(milliseconds: 600_000), scheme: scheme,
            extensions: [purposes].compactMap(\.self) + middle + [name])
    }

    func precertificate(serialNumber: Int = 7) throws -> Certificate {
        try leaf([Self.poison], serialNumber: serialNumber)
    }

    func finalCertificate(_ timestamp: SignedCertificateTimestamp, serialNumber: Int = 7) throws -> Certificate {
        let list = try #require(SignedCertificateTimestampList([timestamp]))
        return try leaf([try list.certificateExtension()], serialNumber: serialNumber)
    }
}
