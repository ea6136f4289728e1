import OpenSSL
import Testing

@Suite struct PublicKeyTests {
    @Test("a point off its curve is not imported, and the next key of the curve is", arguments: Curve.allCases)
    func pointOffCurve(curve: Curve) throws {
        let count = curve.coordinateByteCount
        let info = try #require(
            SubjectPublicKeyInfo(
                curve: curve, x: [UInt8](repeating: 1, count: count), y: [UInt8](repeating: 2, count: count)))
        let message: [UInt8] = [1, 2, 3]
        for _ in 0..<2 {
            #expect(throws: OpenSSLError.self) { try PublicKey(info) }
            #expect(throws: OpenSSLError.self) { try PublicKey(keeping: info) }
            let key = try PrivateKey.generate(.ellipticCurve(curve))
            let other = try PublicKey(try PrivateKey.generate(.ellipticCurve(curve)).publicKey.subjectPublicKeyInfo)
            let imported = try PublicKey(key.publicKey.subjectPublicKeyInfo)
            let signature = try key.signature(over: message, scheme: key.defaultScheme)
            #expect(imported.isValidSignature(signature, over: message, scheme: key.defaultScheme))
            #expect(!other.isValidSignature(signature, over: message, scheme: key.defaultScheme))
        }
    }

    @Test(
        "a key that is kept finds valid what any other import of it does",
        arguments: [
            .ellipticCurve(.p256), .ellipticCurve(.p384), .ellipticCurve(.p521), .rsa(bits: 2048), .ed25519,
        ] as [PrivateKey.Kind])
    func keptKeys(kind: PrivateKey.Kind) throws {
        let key = try PrivateKey.generate(kind)
        let kept = try PublicKey(keeping: key.publicKey.subjectPublicKeyInfo)
        let other = try PublicKey(keeping: try PrivateKey.generate(kind).publicKey.subjectPublicKeyInfo)
        let scheme = key.defaultScheme
        for number in 0..<32 as Range<UInt8> {
            let message = [UInt8](repeating: number, count: Int(number))
            let signature = try key.signature(over: message, scheme: scheme)
            #expect(kept.isValidSignature(signature, over: message, scheme: scheme))
            #expect(!kept.isValidSignature(signature, over: message + [0], scheme: scheme))
            #expect(!other.isValidSignature(signature, over: message, scheme: scheme))
            for index in signature.indices.prefix(12) + signature.indices.suffix(4) {
                var changed = signature
                changed[index] ^= 1
                #expect(!kept.isValidSignature(changed, over: message, scheme: scheme))
            }
        }
    }

    @Test func `tables serve the hash as wide as the curve, and others are verified as before`() throws {
        let key = try PrivateKey.generate(.ellipticCurve(.p256))
        let kept = try PublicKey(keeping: key.publicKey.subjectPublicKeyInfo)
        let signature = try key.signature(over: [1, 2, 3], scheme: .ecdsa(.sha512))
        #expect(kept.isValidSignature(signature, over: [1, 2, 3], scheme: .ecdsa(.sha512)))
        #expect(!kept.isValidSignature(signature, over: [1, 2, 3], scheme: .ecdsa(.sha256)))
    }

    @Test(arguments: [
        (Curve.p256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        (
            .p384,
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"
        ),
    ])
    func `zero, the order and numbers above it are no part of a signature`(curve: Curve, order: String) throws {
        let kept = try PublicKey(
            keeping: try PrivateKey.generate(.ellipticCurve(curve)).publicKey.subjectPublicKeyInfo)
        let scheme = SignatureScheme.ecdsa(curve == .p256 ? .sha256 : .sha384)
        let order = try #require([UInt8](hexadecimal: order))
        for numbers in [([0], [1]), ([1], [0]), (order, [1]), ([1], order), ([1] + order, [1])] as [([UInt8], [UInt8])]
        {
            let signature = DERWriter.sequence([
                DERWriter.integer(unsigned: numbers.0), DERWriter.integer(unsigned: numbers.1),
            ])
            #expect(!kept.isValidSignature(signature, over: [], scheme: scheme))
        }
    }

    @Test(arguments: [Curve.p256, .p384])
    func `one key signs and verifies on many threads at once`(curve: Curve) async throws {
        let key = try PrivateKey.generate(.ellipticCurve(curve))
        let scheme = SignatureScheme.ecdsa(curve == .p256 ? .sha256 : .sha384)
        let kept = try PublicKey(keeping: key.publicKey.subjectPublicKeyInfo)
        let validCount = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 as Range<UInt8> {
                group.addTask {
                    let signature = try key.signature(over: [number], scheme: scheme)
                    return key.publicKey.isValidSignature(signature, over: [number], scheme: scheme)
                        && kept.isValidSignature(signature, over: [number], scheme: scheme)
                        && !key.publicKey.isValidSignature(signature, over: [number, 0], scheme: scheme)
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(validCount == 200)
    }
}
