import Testing

@testable import OpenSSL

@Suite struct SecretBoxTests {
    private static let firstKey = octets("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389")
    private static let nonce = octets("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37")
    private static let message = octets(
        """
        be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01\
        233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd\
        4924ca1c60902e52f0a089bc76897040e082f937763848645e0705
        """)
    private static let box = octets(
        """
        f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c\
        98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfea\
        bd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5
        """)

    private static func octets(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count, by: 2).compactMap { start in
            UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16)
        }
    }

    @Test("HSalsa20 makes the keys of \"Cryptography in NaCl\", sections 8 and 9")
    func derivedKeys() {
        let shared = Self.octets("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        #expect(XSalsa20.derivedKey(shared, [UInt8](repeating: 0, count: 16)) == Self.firstKey)
        let second = Self.octets("dc908dda0b9344a953629b733820778880f3ceb421bb61b91cbd4c3e66256ce4")
        #expect(XSalsa20.derivedKey(Self.firstKey, Array(Self.nonce.prefix(16))) == second)
    }

    @Test("the first octets of XSalsa20's stream are those of \"Cryptography in NaCl\", section 9")
    func stream() throws {
        let cipher = try #require(XSalsa20(key: Self.firstKey, nonce: Self.nonce))
        let expected = Self.octets("eea6a7251c1e72916d11c2cb214d3c252539121d8e234e652d651fa4c8cff880")
        #expect(cipher.keystream(count: 32) == expected)
        #expect(cipher.keystream(count: 200).prefix(32) == expected[...])
        #expect(XSalsa20(key: Self.firstKey, nonce: []) == nil && XSalsa20(key: [], nonce: Self.nonce) == nil)
    }

    @Test("OPS-02: the box of \"Cryptography in NaCl\", section 10, opens, and no changed one does")
    func opening() throws {
        #expect(try SecretBox.open(Self.box, key: Self.firstKey, nonce: Self.nonce) == Self.message)
        for index in Self.box.indices {
            var changed = Self.box
            changed[index] ^= 1
            #expect(try SecretBox.open(changed, key: Self.firstKey, nonce: Self.nonce) == nil)
        }
        for count in [0, 15, 16, Self.box.count - 1] {
            #expect(try SecretBox.open(Array(Self.box.prefix(count)), key: Self.firstKey, nonce: Self.nonce) == nil)
        }
        #expect(try SecretBox.open(Self.box, key: Self.message, nonce: Self.nonce) == nil)
    }
}

@Suite struct ScryptTests {
    @Test(
        "the vectors of RFC 7914 §12",
        arguments: [
            ("", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497"),
            ("password", "NaCl", 1024, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe"),
            ("pleaseletmein", "SodiumChloride", 16384, 8, 1, "7023bdcb3afd7348461c06cd81fd38eb"),
        ] as [(String, String, Int64, Int64, Int64, String)])
    func vectors(word: String, salt: String, n: Int64, r: Int64, p: Int64, expected: String) throws {
        let scrypt = try #require(Scrypt(n: n, r: r, p: p, salt: Array(salt.utf8)))
        let passphrase = word.isEmpty ? nil : try Passphrase(Array(word.utf8))
        #expect(try scrypt.key(passphrase: passphrase, count: 64).prefix(16).map { $0 }.hexadecimal == expected)
    }

    @Test(
        "OPS-02: a derivation that costs too much, or that scrypt does not have, is none",
        arguments: [
            (65_536, 8, 1, true), (1 << 18, 8, 1, true), (1 << 19, 8, 1, false), (65_536, 8, 8, false),
            (2, 1 << 18, 1, true), (2, 1 << 19, 1, false), (2, 1 << 20, 1, false), (2, 1, 1 << 20, true),
            (1, 8, 1, false), (0, 8, 1, false), (-2, 8, 1, false),
            (65_535, 8, 1, false), (16, 0, 1, false), (16, 1, 0, false), (.max, .max, .max, false),
            (1 << 62, 1 << 62, 1 << 62, false),
        ] as [(Int64, Int64, Int64, Bool)])
    func bounds(n: Int64, r: Int64, p: Int64, isUsable: Bool) {
        #expect((Scrypt(n: n, r: r, p: p, salt: []) != nil) == isUsable)
    }

    @Test func `the dearest derivation that is accepted can be computed`() throws {
        for (n, r, p) in [(1 << 18, 8, 1), (2, 1 << 18, 1), (2, 1, 1 << 20)] as [(Int64, Int64, Int64)] {
            #expect(try Scrypt(n: n, r: r, p: p, salt: [])?.key(passphrase: nil, count: 32).count == 32)
        }
    }
}
