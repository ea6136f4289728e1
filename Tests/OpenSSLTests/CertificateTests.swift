import OpenSSL
import Testing

@Suite struct CertificateTests {
    @Test(
        "libcrypto's encoding is read by our walker, and the signature is over the bytes read",
        arguments: [
            .ellipticCurve(.p256), .ellipticCurve(.p384), .ellipticCurve(.p521), .rsa(bits: 2048), .ed25519,
        ] as [PrivateKey.Kind])
    func roundTrip(kind: PrivateKey.Kind) throws {
        let (certificate, key) = try TestCertificate.make(kind)
        let again = try Certificate(pem: Array(certificate.pem.utf8))
        #expect(again == certificate)
        #expect(again.tbsCertificate.version == 3 && again.serialNumber == [0, 0x80, 1])
        #expect(again.notBefore == Timestamp(seconds: 1_700_000_000))
        #expect(again.subjectPublicKeyInfo == key.publicKey.subjectPublicKeyInfo)
        #expect(again.extensions.map(\.isCritical) == [true, true, false])
        #expect(again.isSigned(by: key.publicKey))
        #expect(!again.isSigned(by: try PrivateKey.generate(kind).publicKey))
    }

    @Test func `R-22: no single changed or missing byte traps`() throws {
        let (certificate, _) = try TestCertificate.make(.ellipticCurve(.p256))
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
}
