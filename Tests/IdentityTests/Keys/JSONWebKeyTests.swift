import Identity
import OpenSSL
import StrictJSON
import Testing

@Suite struct JSONWebKeyTests {
    private static func skip(_ value: JSONValue) -> JSONWebKey.Skip? {
        do throws(JSONWebKey.Skip) {
            _ = try JSONWebKey(value)
            return nil
        } catch {
            return error
        }
    }

    private static func rsa(bits: Int, exponent: [UInt8] = [1, 0, 1]) -> JSONValue {
        // Odd, of the exact length, and not a product anyone knows: enough for everything but signatures.
        var modulus = [UInt8](repeating: 0xA5, count: (bits + 7) / 8)
        modulus[0] = UInt8(truncatingIfNeeded: 1 << ((bits - 1) % 8))
        return [
            "kty": "RSA", "n": .string(Base64.encodeURL(modulus)), "e": .string(Base64.encodeURL(exponent)),
        ]
    }

    @Test("every algorithm's key is read", arguments: JWSAlgorithm.allCases)
    func read(algorithm: JWSAlgorithm) throws {
        let mint = try TokenMint(algorithm)
        let key = try JSONWebKey(mint.webKey([("alg", .string(algorithm.rawValue)), ("use", "sig")]))
        #expect(key.keyID == "key-1")
        #expect(key.publicKey.subjectPublicKeyInfo == mint.key.publicKey.subjectPublicKeyInfo)
        #expect(key.verifies(try CompactJWS(mint.token(Claims.email()))))
        for other in JWSAlgorithm.allCases where other != algorithm { #expect(!key.fits(other)) }
    }

    @Test(
        "TOK-28 members that cannot be used are passed over with a reason",
        arguments: [
            ([], nil), ([("use", "sig"), ("key_ops", ["verify"]), ("alg", "ES256")], nil),
            ([("use", "enc")], .notForSignatures), ([("use", "SIG")], .notForSignatures), ([("use", 1)], .malformed),
            ([("key_ops", ["sign"])], .notForSignatures), ([("key_ops", [])], .notForSignatures),
            ([("key_ops", "verify")], .malformed), ([("alg", "ES384")], .algorithmMismatch),
            ([("alg", "RS256")], .algorithmMismatch), ([("alg", "ES521")], .algorithmMismatch),
            ([("alg", "none")], .algorithmMismatch), ([("alg", 7)], .malformed), ([("kid", 7)], .malformed),
            ([("kid", .string(String(repeating: "k", count: 256)))], nil),
            ([("kid", .string(String(repeating: "k", count: 257)))], .malformed), ([("kid", "a\0/../:\n")], nil),
            ([("d", "AA")], .secretPublished), ([("k", "AA")], .secretPublished), ([("kty", "oct")], .unknownType),
            ([("kty", nil)], .unknownType), ([("kty", "ec")], .unknownType), ([("crv", "secp256k1")], .unknownType),
            ([("crv", "P-384")], .malformed), ([("x", "AA")], .malformed), ([("x", nil)], .malformed),
            ([("y", .string(Base64.encodeURL([UInt8](repeating: 1, count: 32))))], .malformed),
            ([("x", .string(String(repeating: "A", count: 1 << 20)))], .malformed),
        ] as [([(String, JSONValue?)], JSONWebKey.Skip?)])
    func passedOver(changes: [(String, JSONValue?)], reason: JSONWebKey.Skip?) throws {
        #expect(Self.skip(try TokenMint(.es256).webKey(changes)) == reason)
    }

    @Test(
        "R-34 the size of an RSA key is judged before any arithmetic",
        arguments: [
            (1024, .weak), (2047, .weak), (2048, nil), (2056, nil), (4096, nil), (4097, .weak), (1 << 20, .malformed),
        ] as [(Int, JSONWebKey.Skip?)])
    func modulus(bits: Int, reason: JSONWebKey.Skip?) {
        #expect(Self.skip(Self.rsa(bits: bits)) == reason)
    }

    @Test(
        "R-34 the exponent of an RSA key",
        arguments: [
            ([3], nil), ([1, 0, 1], nil), ([1], .weak), ([2], .weak), ([1, 0, 0], .weak), ([0], .malformed),
            ([], .malformed),
            ([1, 0, 0, 0, 1], .weak), ([UInt8](repeating: 0xFF, count: 512), .weak),
        ] as [([UInt8], JSONWebKey.Skip?)])
    func exponent(bytes: [UInt8], reason: JSONWebKey.Skip?) {
        #expect(Self.skip(Self.rsa(bits: 2048, exponent: bytes)) == reason)
    }

    @Test(
        "R-22 anything may stand in a key set",
        arguments: [
            .null, 7, "key", [], [:], ["kty": 7], ["kty": "RSA"], ["kty": "EC", "crv": "P-256"], ["kty": "OKP"],
            ["kty": "OKP", "crv": "Ed448", "x": "AA"], ["kty": "OKP", "crv": "Ed25519", "x": "AA"],
            ["kty": "EC", "crv": "P-256", "x": "", "y": ""], ["kty": "RSA", "n": "", "e": ""],
        ] as [JSONValue])
    func anything(value: JSONValue) {
        #expect(Self.skip(value) != nil)
    }

    @Test func `TOK-28 a set serves its good keys and counts the others`() throws {
        let mint = try TokenMint()
        let set = try #require(JSONWebKeySet(["keys": [["kty": "X"], 7, mint.webKey(), ["kty": "Y"]]]))
        #expect(set.keys.count == 1)
        #expect(set.skipped == [.unknownType: 2, .malformed: 1])
        try set.verify(CompactJWS(mint.token(Claims.email())))
    }

    @Test func `R-34 a set of 256 members is read and a larger one is refused`() throws {
        let set = { (count: Int) -> JSONValue in ["keys": .array(.init(repeating: ["kty": "X"], count: count))] }
        #expect(JSONWebKeySet(set(256)) != nil)
        #expect(JSONWebKeySet(set(257)) == nil)
        #expect(JSONWebKeySet(["keys": [:]]) == nil)
        #expect(JSONWebKeySet([:]) == nil)
    }

    @Test func `of keys with one kid four are tried`() throws {
        let mint = try TokenMint()
        let others = try (0..<4).map { _ in try TokenMint().webKey() }
        let token = try CompactJWS(mint.token(Claims.email()))
        let ofFour = JSONWebKeySet(members: others.dropLast() + [mint.webKey()])
        try ofFour.verify(token)
        let ofFive = JSONWebKeySet(members: others + [mint.webKey()])
        #expect(throws: TokenRefusal.signatureInvalid) { try ofFive.verify(token) }
    }

    @Test func `R-31 a kid selects keys by its bytes, and without one all keys are tried`() throws {
        let mint = try TokenMint(.es256, keyID: "K/../:\n")
        let set = JSONWebKeySet(members: [try TokenMint().webKey(), mint.webKey()])
        try set.verify(CompactJWS(mint.token(Claims.email())))
        try set.verify(CompactJWS(mint.token(Claims.email(), header: [("kid", nil)])))
        for keyID in ["\u{212A}/../:\n", "K", "", "k/../:\n"] {
            let token = try CompactJWS(mint.token(Claims.email(), header: [("kid", .string(keyID))]))
            #expect(throws: TokenRefusal.noMatchingKey) { try set.verify(token) }
        }
    }
}
