import OpenSSL
import Testing

@Suite struct PrivateKeyTests {
    @Test(
        "a key signs, and its public half alone verifies",
        arguments: [
            .ellipticCurve(.p256), .ellipticCurve(.p384), .ellipticCurve(.p521), .rsa(bits: 2048), .ed25519,
        ] as [PrivateKey.Kind])
    func signing(kind: PrivateKey.Kind) throws {
        let key = try PrivateKey.generate(kind)
        let scheme = key.defaultScheme
        let signature = try key.signature(over: [1, 2, 3], scheme: scheme)
        let stranger = try PublicKey(SubjectPublicKeyInfo(der: key.publicKey.subjectPublicKeyInfo.der))
        #expect(stranger.isValidSignature(signature, over: [1, 2, 3], scheme: scheme))
        #expect(!stranger.isValidSignature(signature, over: [1, 2], scheme: scheme))
        #expect(
            !(try PrivateKey.generate(kind)).publicKey.isValidSignature(signature, over: [1, 2, 3], scheme: scheme))
    }

    @Test("R-46: an encrypted key opens with its passphrase alone")
    func encryption() throws {
        let key = try PrivateKey.generate(.ellipticCurve(.p384))
        let pem = Array(try key.encryptedPEM(passphrase: Passphrase(Array("correct horse".utf8))).utf8)
        #expect(PEM.firstBlock(in: pem)?.label == "ENCRYPTED PRIVATE KEY")
        let opened = try PrivateKey(pem: pem, passphrase: Passphrase(Array("correct horse".utf8)))
        #expect(opened.publicKey.subjectPublicKeyInfo == key.publicKey.subjectPublicKeyInfo)
        #expect(throws: PrivateKeyError.self) {
            try PrivateKey(pem: pem, passphrase: Passphrase(Array("wrong".utf8)))
        }
        #expect(throws: PrivateKeyError.self) { try PrivateKey(pem: pem, passphrase: nil) }
    }

    @Test func `an unencrypted key of RFC 8410 §10 is read, with the public key given there`() throws {
        let text = """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
            -----END PRIVATE KEY-----

            """
        let key = try PrivateKey(pem: Array(text.utf8), passphrase: nil)
        let expected = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
        #expect(Base64.encode(key.publicKey.subjectPublicKeyInfo.der) == expected)
    }
}
