@testable import Issuance
import OpenSSL
import Testing

@Suite struct SubjectKeyTests {
    /// The class of the refusal of a key; nil when it is accepted.
    private static func refusal(_ key: IssuanceRequest.Key) -> String? {
        do {
            _ = try SubjectKey(key)
            return nil
        } catch {
            return error.category
        }
    }

    private static func refusal(pem text: String) -> String? {
        refusal(.publicKey(Array(text.utf8), proofOfPossession: []))
    }

    @Test("POP-07: the two public key types are read, everything else is not")
    func labels() throws {
        let info = try PrivateKey.generate(.rsa(bits: 2048)).publicKey.subjectPublicKeyInfo
        guard case .rsa(let modulus, let exponent) = info.key else { throw DERError("not RSA") }
        let pkcs1 = DERWriter.sequence([DERWriter.integer(unsigned: modulus), DERWriter.integer(unsigned: exponent)])
        #expect(Self.refusal(pem: PEM.encode(label: "PUBLIC KEY", info.der)) == nil)
        #expect(Self.refusal(pem: PEM.encode(label: "RSA PUBLIC KEY", pkcs1)) == nil)
        for label in ["EC PUBLIC KEY", "CERTIFICATE", "PRIVATE KEY"] {
            #expect(Self.refusal(pem: PEM.encode(label: label, info.der)) == "public-key-not-parseable")
        }
        #expect(Self.refusal(pem: PEM.encode(label: "PUBLIC KEY", info.der + [0])) == "public-key-not-parseable")
        #expect(Self.refusal(pem: PEM.encode(label: "PUBLIC KEY", pkcs1)) == "public-key-not-parseable")
    }

    @Test("POP-08: bare DER is read where a transport can carry it")
    func der() throws {
        let info = try PrivateKey.generate(.ed25519).publicKey.subjectPublicKeyInfo
        #expect(Self.refusal(.publicKey(info.der, proofOfPossession: [])) == nil)
        #expect(Self.refusal(.publicKey([], proofOfPossession: [])) == "public-key-not-parseable")
        #expect(Self.refusal(.missing) == "public-key-not-parseable")
    }

    @Test func `a key or request beyond its limit is not looked at`() {
        let long = [UInt8](repeating: 0x41, count: 17 * 1024)
        #expect(Self.refusal(.publicKey(long, proofOfPossession: [])) == "public-key-not-parseable")
        #expect(Self.refusal(.certificateSigningRequest(long)) == "csr-not-parseable")
    }

    @Test("POP-09: kinds that are known and never accepted are insecure, unknown ones unreadable")
    func kinds() throws {
        func info(_ algorithm: [[UInt8]]) -> [UInt8] {
            DERWriter.sequence([DERWriter.sequence(algorithm), DERWriter.bitString([1, 2, 3])])
        }
        let x25519 = info([DERWriter.objectIdentifier("1.3.101.110")])
        let p224 = info([DERWriter.objectIdentifier("1.2.840.10045.2.1"), DERWriter.objectIdentifier("1.3.132.0.33")])
        let secp256k1 = info([
            DERWriter.objectIdentifier("1.2.840.10045.2.1"), DERWriter.objectIdentifier("1.3.132.0.10"),
        ])
        let ed448 = info([DERWriter.objectIdentifier("1.3.101.113")])
        #expect(Self.refusal(.publicKey(x25519, proofOfPossession: [])) == "key-insecure")
        #expect(Self.refusal(.publicKey(p224, proofOfPossession: [])) == "key-insecure")
        #expect(Self.refusal(.publicKey(secp256k1, proofOfPossession: [])) == "public-key-not-parseable")
        #expect(Self.refusal(.publicKey(ed448, proofOfPossession: [])) == "public-key-not-parseable")
    }

    @Test(
        "POP-09: RSA sizes other than three and exponents other than 65537 are insecure",
        arguments: [1024, 2047, 2056, 5120])
    func sizes(bits: Int) throws {
        var modulus = [UInt8](repeating: 0xFF, count: (bits + 7) / 8)
        modulus[0] = bits % 8 == 0 ? 0xFF : 0xFF >> UInt8(8 - bits % 8)
        let info = try #require(SubjectPublicKeyInfo(rsaModulus: modulus, exponent: [1, 0, 1]))
        #expect(info.rsaModulusBitCount == bits)
        #expect(throws: IssuanceRefusal.self) { try KeyPolicy().checkStrength(of: info) }
    }

    @Test("POP-09: exponent 3 is insecure")
    func exponent() throws {
        let good = try PrivateKey.generate(.rsa(bits: 2048)).publicKey.subjectPublicKeyInfo
        try KeyPolicy().checkStrength(of: good)
        guard case .rsa(let modulus, _) = good.key else { throw DERError("not RSA") }
        let weak = try #require(SubjectPublicKeyInfo(rsaModulus: modulus, exponent: [3]))
        #expect(throws: IssuanceRefusal.self) { try KeyPolicy().checkStrength(of: weak) }
    }
}

@Suite struct ProofOfPossessionTests {
    private static func hash(_ key: PrivateKey, _ signature: [UInt8], over challenge: [UInt8]) throws -> HashAlgorithm?
    {
        let der = key.publicKey.subjectPublicKeyInfo.der
        return try ProofOfPossession.verify(
            try SubjectKey(.publicKey(der, proofOfPossession: signature)), challenge: challenge)
    }

    @Test(
        "POP-01: every accepted kind of key proves itself with its one scheme",
        arguments: [
            (.ellipticCurve(.p256), .sha256), (.ellipticCurve(.p384), .sha384), (.ellipticCurve(.p521), .sha512),
            (.rsa(bits: 2048), .sha256), (.ed25519, nil),
        ] as [(PrivateKey.Kind, HashAlgorithm?)])
    func good(kind: PrivateKey.Kind, expected: HashAlgorithm?) throws {
        let key = try PrivateKey.generate(kind)
        let signature = try key.signature(over: [1, 2], scheme: key.defaultScheme)
        #expect(try Self.hash(key, signature, over: [1, 2]) == expected)
        #expect(throws: IssuanceRefusal.self) { try Self.hash(key, signature, over: [1, 2, 0x0A]) }
        #expect(throws: IssuanceRefusal.self) { try Self.hash(key, signature + [0], over: [1, 2]) }
        #expect(throws: IssuanceRefusal.self) { try Self.hash(key, [], over: [1, 2]) }
    }

    @Test("POP-02: a P-384 proof with SHA-256 is refused")
    func otherHash() throws {
        let key = try PrivateKey.generate(.ellipticCurve(.p384))
        let signature = try key.signature(over: [1], scheme: .ecdsa(.sha256))
        #expect(throws: IssuanceRefusal.self) { try Self.hash(key, signature, over: [1]) }
    }

    @Test("POP-03: an RSASSA-PSS proof is refused")
    func pss() throws {
        let key = try PrivateKey.generate(.rsa(bits: 2048))
        let signature = try key.signature(over: [1], scheme: .rsaPSS(.sha256))
        #expect(throws: IssuanceRefusal.self) { try Self.hash(key, signature, over: [1]) }
    }

    @Test("POP-04: a raw ECDSA proof of exactly twice the coordinate's length is accepted", arguments: Curve.allCases)
    func raw(curve: Curve) throws {
        let key = try PrivateKey.generate(.ellipticCurve(curve))
        let der = try key.signature(over: [1], scheme: key.defaultScheme)
        let raw = try #require(ECDSASignature.raw(der: der, curve: curve))
        _ = try Self.hash(key, raw, over: [1])
        #expect(throws: IssuanceRefusal.self) { try Self.hash(key, [0] + raw + [0], over: [1]) }
        #expect(throws: IssuanceRefusal.self) { try Self.hash(key, Array(raw.dropLast()), over: [1]) }
        let zeros = [UInt8](repeating: 0, count: raw.count)
        #expect(throws: IssuanceRefusal.self) { try Self.hash(key, zeros, over: [1]) }
    }

    @Test("POP-13: the list of algorithms admits exactly its pairs of key and hash")
    func allowedList() throws {
        let p256 = try PrivateKey.generate(.ellipticCurve(.p256)).publicKey.subjectPublicKeyInfo
        let p384 = try PrivateKey.generate(.ellipticCurve(.p384)).publicKey.subjectPublicKeyInfo
        try KeyPolicy().checkAllowed(p256, hash: .sha256)
        #expect(throws: IssuanceRefusal.self) { try KeyPolicy().checkAllowed(p384, hash: .sha256) }
        try KeyPolicy(allowed: [.ecdsaP384SHA256]).checkAllowed(p384, hash: .sha256)
        #expect(throws: IssuanceRefusal.self) { try KeyPolicy(allowed: [.ed25519]).checkAllowed(p256, hash: .sha256) }
    }

    @Test("API-14: the message for an algorithm that is not permitted names key and hash as the reference does")
    func message() throws {
        let p384 = try PrivateKey.generate(.ellipticCurve(.p384)).publicKey.subjectPublicKeyInfo
        do {
            try KeyPolicy().checkAllowed(p384, hash: .sha256)
            Issue.record("permitted")
        } catch {
            #expect(error.publicMessage == "signing algorithm not permitted: *ecdsa.PublicKey, SHA-256")
        }
    }
}
