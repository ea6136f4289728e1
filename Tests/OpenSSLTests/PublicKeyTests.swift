import OpenSSL
import Testing

@Suite struct PublicKeyTests {
    @Test func `a point off its curve is not imported`() throws {
        let info = try #require(
            SubjectPublicKeyInfo(
                curve: .p256, x: [UInt8](repeating: 1, count: 32), y: [UInt8](repeating: 2, count: 32)))
        #expect(throws: OpenSSLError.self) { try PublicKey(info) }
    }
}
