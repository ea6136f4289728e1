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

    @Test func `a certificate that was signed here is one by its key and by no other`() async throws {
        let (example, key) = try TestCertificate.make(.ellipticCurve(.p256))
        let made = try await Certificate(signing: example.tbsCertificate, with: LocalSigningKey(key))
        #expect(made.isSigned(by: key.publicKey))
        #expect(!made.isSigned(by: try PrivateKey.generate(.ellipticCurve(.p256)).publicKey))
        let read = try Certificate(der: made.der)
        #expect(read == made && read.hashValue == made.hashValue && read.isSigned(by: key.publicKey))
        #expect(made != example)
        // The outer algorithm is that of the bytes: what they do not name is not what was signed.
        let wide = try await Certificate(
            signing: example.tbsCertificate, with: LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p384))))
        #expect(!wide.isSigned(by: key.publicKey))
    }

    @Test func `an encoding with its own extensions is the same encoding`() throws {
        let (certificate, _) = try TestCertificate.make(.ellipticCurve(.p256))
        let tbs = certificate.tbsCertificate
        let all = tbs.extensionRanges.flatMap { tbs.der[$0] }
        #expect(tbs.encoded(withExtensions: all) == tbs.der)
        let bare = try TBSCertificate(der: tbs.encoded(withExtensions: []))
        #expect(bare.extensions.isEmpty && bare.subject == tbs.subject)
        #expect(bare.der[bare.fieldsBeforeExtensions] == tbs.der[tbs.fieldsBeforeExtensions])
    }

    @Test func `a digest that is computed while another one is under way disturbs neither`() throws {
        var pieces: [[UInt8]] = [Array("b".utf8), Array("a".utf8)]
        var inner: [SHA256Digest] = []
        let outer = try SHA256Digest.hashing {
            inner.append(SHA256Digest(hashing: Array("ab".utf8)))
            return pieces.popLast()
        }
        #expect(inner.count == 3 && inner.allSatisfy { $0 == outer })
        #expect(outer.hex == "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603")
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
