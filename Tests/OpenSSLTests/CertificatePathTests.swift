import OpenSSL
import Testing

@Suite struct CertificatePathTests {
    @Test func `a path leads to its anchor while it is valid, and to no other`() throws {
        let (root, _) = try TestCertificate.make(.ellipticCurve(.p256))
        let (other, _) = try TestCertificate.make(.ellipticCurve(.p256))
        try CertificatePath.verify(root, intermediates: [], anchor: root, at: Timestamp(seconds: 1_800_000_000))
        #expect(throws: CertificatePathError.self) {
            try CertificatePath.verify(root, intermediates: [], anchor: other, at: Timestamp(seconds: 1_800_000_000))
        }
        #expect(throws: CertificatePathError.self) {
            try CertificatePath.verify(root, intermediates: [], anchor: root, at: Timestamp(seconds: 2_000_000_001))
        }
    }
}
