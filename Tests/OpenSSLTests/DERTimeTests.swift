import OpenSSL
import Testing

@Suite struct DERTimeTests {
    @Test(
        "R-39: UTCTime until 2049, GeneralizedTime from 2050",
        arguments: [2_524_607_999, 2_524_608_000, 253_402_300_799])
    func times(seconds: UInt64) throws {
        let (certificate, _) = try TestCertificate.make(.ellipticCurve(.p256), notAfter: Timestamp(seconds: seconds))
        #expect(certificate.notAfter == Timestamp(seconds: seconds))
    }
}
