import OpenSSL
import Testing

@Suite struct CertificateTests {
    private static func fields(key: PrivateKey, notAfter: Timestamp) throws -> CertificateFields {
        let name = try #require(DistinguishedName(commonName: "a", organization: "b")).der
        return CertificateFields(
            serialNumber: [0x80, 1], signatureAlgorithm: try #require(key.defaultScheme.algorithmIdentifier),
            issuer: name, notBefore: Timestamp(seconds: 1_700_000_000), notAfter: notAfter, subject: name,
            subjectPublicKeyInfo: key.publicKey.subjectPublicKeyInfo,
            extensions: [
                CertificateExtension(
                    id: .basicConstraints, isCritical: true,
                    value: DERWriter.sequence([DERWriter.element(tag: DERTag.boolean, [0xFF])])),
                CertificateExtension(id: .keyUsage, isCritical: true, value: [3, 2, 1, 6]),
                CertificateExtension(
                    id: .subjectKeyIdentifier, value: DERWriter.octetString([1, 2, 3, 4])),
            ])
    }

    private static func certificate(
        _ kind: PrivateKey.Kind, notAfter: Timestamp = Timestamp(seconds: 2_000_000_000)
    ) throws -> (Certificate, PrivateKey) {
        let key = try PrivateKey.generate(kind)
        let tbs = try TBSCertificate(der: try fields(key: key, notAfter: notAfter).tbsCertificate())
        let signature = try key.signature(over: tbs.der, scheme: key.defaultScheme)
        return (try Certificate(tbsCertificate: tbs, signature: signature), key)
    }

    @Test(
        "libcrypto's encoding is read by our walker, and the signature is over the bytes read",
        arguments: [
            .ellipticCurve(.p256), .ellipticCurve(.p384), .ellipticCurve(.p521), .rsa(bits: 2048), .ed25519,
        ] as [PrivateKey.Kind])
    func roundTrip(kind: PrivateKey.Kind) throws {
        let (certificate, key) = try Self.certificate(kind)
        let again = try Certificate(pem: Array(certificate.pem.utf8))
        #expect(again == certificate)
        #expect(again.tbsCertificate.version == 3 && again.serialNumber == [0, 0x80, 1])
        #expect(again.notBefore == Timestamp(seconds: 1_700_000_000))
        #expect(again.subjectPublicKeyInfo == key.publicKey.subjectPublicKeyInfo)
        #expect(again.extensions.map(\.isCritical) == [true, true, false])
        #expect(again.isSigned(by: key.publicKey))
        #expect(!again.isSigned(by: try PrivateKey.generate(kind).publicKey))
    }

    @Test(
        "R-39: UTCTime until 2049, GeneralizedTime from 2050",
        arguments: [2_524_607_999, 2_524_608_000, 253_402_300_799])
    func times(seconds: UInt64) throws {
        let (certificate, _) = try Self.certificate(.ellipticCurve(.p256), notAfter: Timestamp(seconds: seconds))
        #expect(certificate.notAfter == Timestamp(seconds: seconds))
    }

    @Test func `R-22: no single changed or missing byte traps`() throws {
        let (certificate, _) = try Self.certificate(.ellipticCurve(.p256))
        for index in certificate.der.indices {
            for value: UInt8 in [0, 0x30, 0x7F, 0x80, 0xFF] {
                var copy = certificate.der
                copy[index] = value
                _ = try? Certificate(der: copy)
            }
            #expect(throws: DERError.self) { try Certificate(der: Array(certificate.der[..<index])) }
        }
        #expect(throws: DERError.self) { try Certificate(der: certificate.der + [0]) }
    }

    @Test func `a path leads to its anchor while it is valid, and to no other`() throws {
        let (root, _) = try Self.certificate(.ellipticCurve(.p256))
        let (other, _) = try Self.certificate(.ellipticCurve(.p256))
        try CertificatePath.verify(root, intermediates: [], anchor: root, at: Timestamp(seconds: 1_800_000_000))
        #expect(throws: CertificatePathError.self) {
            try CertificatePath.verify(root, intermediates: [], anchor: other, at: Timestamp(seconds: 1_800_000_000))
        }
        #expect(throws: CertificatePathError.self) {
            try CertificatePath.verify(root, intermediates: [], anchor: root, at: Timestamp(seconds: 2_000_000_001))
        }
    }

    @Test func `names are read back in words`() throws {
        let name = try #require(DistinguishedName(commonName: "root", organization: "Example"))
        #expect(DistinguishedName.description(of: name.der) == "O=Example, CN=root")
        #expect(DistinguishedName(commonName: "a\u{7}", organization: "b") == nil)
        #expect(DistinguishedName(commonName: "", organization: "b") == nil)
    }
}
