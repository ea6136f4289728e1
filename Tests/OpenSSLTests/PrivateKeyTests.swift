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

@Suite struct PrivateKeyTypeTests {
    private static let ed25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        -----END PRIVATE KEY-----

        """
    private static let parameters = PEM.encode(label: "EC PARAMETERS", [6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7])

    @Test("OPS-02: only the first block counts, and its label decides")
    func firstBlock() throws {
        let text = "a comment\n" + Self.ed25519 + Self.parameters
        let key = try PrivateKey(pem: Array(text.utf8), passphrase: nil)
        #expect(key.defaultScheme == .ed25519)
        #expect(throws: PrivateKeyError.unknownType("EC PARAMETERS")) {
            try PrivateKey(pem: Array((Self.parameters + Self.ed25519).utf8), passphrase: nil)
        }
        #expect(throws: PrivateKeyError.cannotBeOpened) { try PrivateKey(pem: [], passphrase: nil) }
    }

    @Test("OPS-02: a key in clear loads with any passphrase, and is known to be one")
    func plain() throws {
        let key = try PrivateKey(pem: Array(Self.ed25519.utf8), passphrase: Passphrase([1]))
        #expect(key.publicKey.subjectPublicKeyInfo.der.count == 44)
        #expect(PrivateKey.isPlain(pem: Array(Self.ed25519.utf8)))
        let sealed = try key.encryptedPEM(passphrase: Passphrase([1]))
        #expect(!PrivateKey.isPlain(pem: Array(sealed.utf8)))
        #expect(throws: PrivateKeyError.passphraseIncorrect) {
            try PrivateKey(pem: Array(sealed.utf8), passphrase: Passphrase([2]))
        }
    }

    @Test("OPS-02: an EC key whose public half is not its own is refused")
    func foreignHalf() throws {
        // ECPrivateKey ::= SEQUENCE { version 1, privateKey, parameters [0], publicKey [1] } (RFC 5915 §3)
        let stranger = try PrivateKey.generate(.ellipticCurve(.p256)).publicKey.subjectPublicKeyInfo.subjectPublicKey
        let der = DERWriter.sequence([
            DERWriter.integer(unsigned: [1]), DERWriter.octetString([UInt8](repeating: 7, count: 32)),
            DERWriter.element(
                tag: DERTag.context(0, constructed: true), DERWriter.objectIdentifier("1.2.840.10045.3.1.7")),
            DERWriter.element(tag: DERTag.context(1, constructed: true), DERWriter.bitString(stranger)),
        ])
        #expect(throws: PrivateKeyError.cannotBeOpened) {
            try PrivateKey(pem: Array(PEM.encode(label: "EC PRIVATE KEY", der).utf8), passphrase: nil)
        }
    }
}
