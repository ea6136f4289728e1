import OpenSSL
import Testing

@Suite struct PassphraseTests {
    @Test func `R-46 the caller's copy is overwritten, and the passphrase still opens`() throws {
        let key = try PrivateKey.generate(.ellipticCurve(.p256))
        let pem = Array(try key.encryptedPEM(passphrase: Passphrase(Array("correct horse".utf8))).utf8)
        var typed = Array("correct horse".utf8)
        let passphrase = try Passphrase(cleansing: &typed)
        #expect(typed == [UInt8](repeating: 0, count: 13))
        let opened = try PrivateKey(pem: pem, passphrase: passphrase)
        #expect(opened.publicKey.subjectPublicKeyInfo == key.publicKey.subjectPublicKeyInfo)
    }

    @Test("1 to 1,024 octets are a passphrase", arguments: [(0, false), (1, true), (1024, true), (1025, false)])
    func length(count: Int, isUsable: Bool) {
        var octets = [UInt8](repeating: 7, count: count)
        #expect(((try? Passphrase(octets)) != nil) == isUsable)
        #expect(((try? Passphrase(cleansing: &octets)) != nil) == isUsable)
        #expect(octets == [UInt8](repeating: 0, count: count))
    }
}
