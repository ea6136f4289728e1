import OpenSSL
import Testing

@Suite struct KeyTests {
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

    @Test func `an unencrypted key survives the way there and back`() throws {
        let key = try PrivateKey.generate(.ed25519)
        let opened = try PrivateKey(pem: Array(try key.unencryptedPEM().utf8), passphrase: nil)
        #expect(opened.publicKey.subjectPublicKeyInfo == key.publicKey.subjectPublicKeyInfo)
    }

    @Test func `a point off its curve is not imported`() throws {
        let info = try #require(
            SubjectPublicKeyInfo(
                curve: .p256, x: [UInt8](repeating: 1, count: 32), y: [UInt8](repeating: 2, count: 32)))
        #expect(throws: OpenSSLError.self) { try PublicKey(info) }
    }

    @Test func `the encoding made from numbers is the one that is read`() throws {
        for kind in [PrivateKey.Kind.ellipticCurve(.p521), .rsa(bits: 2048), .ed25519] {
            let info = try PrivateKey.generate(kind).publicKey.subjectPublicKeyInfo
            let rebuilt: SubjectPublicKeyInfo?
            switch info.key {
            case .ellipticCurve(let curve, let point):
                let half = curve.coordinateByteCount
                rebuilt = SubjectPublicKeyInfo(
                    curve: curve, x: Array(point[1...half]), y: Array(point[(half + 1)...]))
            case .rsa(let modulus, let exponent):
                rebuilt = SubjectPublicKeyInfo(rsaModulus: [0, 0] + modulus, exponent: exponent)
            case .ed25519(let bytes): rebuilt = SubjectPublicKeyInfo(ed25519: bytes)
            case .unsupported: rebuilt = nil
            }
            #expect(rebuilt == info)
        }
    }
}

@Suite struct RSAWeaknessTests {
    @Test("POP-09: an honest modulus shows no weakness")
    func honest() throws {
        let info = try PrivateKey.generate(.rsa(bits: 2048)).publicKey.subjectPublicKeyInfo
        guard case .rsa(let bytes, _) = info.key else { throw DERError("not RSA") }
        #expect(try Self.weaknesses(bytes) == [])
    }

    @Test("POP-09: a product of neighbours is factored, one of distant primes is not")
    func fermat() throws {
        #expect(try Self.weaknesses(Self.product(.max - 58, .max - 58)) == [.closePrimes])
        // 2^64 - 59 and 2^64 - 95 are primes; so are 2^61 - 1 and 2^31 - 1, which are far apart.
        #expect(try Self.weaknesses(Self.product(.max - 58, .max - 94)) == [.closePrimes])
        #expect(try Self.weaknesses(Self.product((1 << 61) - 1, (1 << 31) - 1)) == [])
    }

    @Test("POP-09: a factor below 752 is found, one of 757 is not", arguments: [(751 as UInt64, true), (757, false)])
    func smallFactors(factor: UInt64, isFound: Bool) throws {
        #expect(try Self.weaknesses(Self.product(factor, (1 << 61) - 1)) == (isFound ? [.smallFactor] : []))
    }

    @Test("POP-09: a power of 65537 has the ROCA fingerprint, its successor has not")
    func roca() throws {
        let power = Self.product(65_537 * 65_537, 65_537)
        #expect(try Self.weaknesses(power).contains(.rocaFingerprint))
        var successor = power
        successor[successor.count - 1] &+= 1
        #expect(try !Self.weaknesses(successor).contains(.rocaFingerprint))
    }

    private static func weaknesses(_ magnitude: [UInt8]) throws -> Set<RSAWeakness> {
        try RSAWeakness.weaknesses(ofModulus: magnitude, fermatRounds: 100)
    }

    private static func product(_ left: UInt64, _ right: UInt64) -> [UInt8] {
        let (high, low) = left.multipliedFullWidth(by: right)
        return [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
    }
}
