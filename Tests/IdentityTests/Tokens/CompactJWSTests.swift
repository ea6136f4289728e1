import Identity
import OpenSSL
import StrictJSON
import Testing

@Suite struct CompactJWSTests {
    private static let shared = Result { try TokenMint() }

    private static func mint() throws -> TokenMint { try shared.get() }

    private static func code(of token: [UInt8]) -> String? {
        do throws(TokenRefusal) {
            _ = try CompactJWS(token)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("TOK-01 R-25 a token needs exactly two dots", arguments: ["", "a", "a.b", "a.b.c.d", "....", "a.b.c.d.e"])
    func dots(text: String) {
        #expect(throws: TokenRefusal.notCompactJWS) { try CompactJWS(Array(text.utf8)) }
    }

    @Test func `TOK-01 R-21 dots without number are refused by size, and fewer of them by count`() {
        let many = [UInt8](repeating: UInt8(ascii: "."), count: 4 << 20)
        #expect(throws: TokenRefusal.tooLarge(limit: 65_536)) { try CompactJWS(many) }
        #expect(throws: TokenRefusal.notCompactJWS) { try CompactJWS(Array(many.prefix(65_536))) }
    }

    @Test func `R-22 SEC-05 two dots and little else end in a refusal`() {
        for text in ["..", " .. ", ". .", "..  .", "\n\n", "  "] {
            #expect(Self.code(of: Array(text.utf8)) != nil)
        }
    }

    @Test("TOK-29 white space at the ends is passed over", arguments: ["\n", " ", "\t", "\r\n", " \r\n\t "])
    func whiteSpaceAround(space: String) throws {
        let token = try Self.mint().token(Claims.email())
        let padded = Array(space.utf8) + token + Array(space.utf8)
        #expect(try CompactJWS(padded) == CompactJWS(token))
    }

    @Test("TOK-29 white space inside is refused", arguments: ["\n", " ", "\t", "\r", "\u{B}"])
    func whiteSpaceInside(space: String) throws {
        let parts = String(decoding: try Self.mint().token(Claims.email()), as: UTF8.self).split(separator: ".")
        for place in 0..<3 {
            for behind in [true, false] {
                var changed = parts.map(String.init)
                changed[place] = behind ? changed[place] + space : space + changed[place]
                if (place == 0 && !behind) || (place == 2 && behind) {
                    changed[place] = parts[place].prefix(4) + space + parts[place].dropFirst(4)
                }
                #expect(Self.code(of: Array(changed.joined(separator: ".").utf8)) == "not-base64url")
            }
        }
    }

    @Test(
        "R-10 base64url is read strictly",
        arguments: [
            "eyJhbGciOiJFUzI1NiJ9=.e30.AA", "eyJhbGciOiJFUzI1NiJ9.e30=.AA", "eyJhbGciOiJFUzI1NiJ9.e30.AB",
            "eyJhbGciOiJFUzI1NiJ9.e30.A+", "eyJhbGciOiJFUzI1NiJ9.e30.A/", "eyJhbGciOiJFUzI1NiJ9.e30.A",
            "eyJhbGciOiJFUzI1NiJ9.e31.AA", "eyJhbGciOiJFUzI1NiJ9.e3\u{E9}.AA",
        ])
    func strictBase64(text: String) {
        #expect(Self.code(of: Array(text.utf8)) == "not-base64url")
    }

    @Test(
        "TOK-05 only the ten algorithms are known, by their exact names",
        arguments: [
            "none", "None", "NONE", "", "HS256", "HS384", "HS512", "es256", "RS1", "ES256K", "ES521", "EdDSA ", "rs256",
        ])
    func algorithm(name: String) throws {
        let token = try Self.mint().token(Claims.email(), header: [("alg", .string(name))])
        #expect(throws: TokenRefusal.algorithmNotAllowed) { try CompactJWS(token) }
    }

    @Test(
        "header members are judged",
        arguments: [
            ([("crit", [])], "critical-header"),
            ([("crit", ["b64"]), ("b64", true)], "critical-header"),
            ([("b64", false)], "critical-header"),
            ([("b64", true)], "critical-header"),
            ([("crit", .null)], "critical-header"),
            ([("alg", nil)], "algorithm-not-allowed"),
            ([("alg", ["ES256"])], "algorithm-not-allowed"),
            ([("alg", nil), ("ALG", "ES256")], "algorithm-not-allowed"),
            ([("typ", "at+jwt")], "type-not-jwt"),
            ([("typ", 1)], "type-not-jwt"),
            ([("typ", "JWT")], nil),
            ([("typ", "jwt")], nil),
            ([("kid", 7)], "key-id-malformed"),
            ([("kid", .string(String(repeating: "k", count: 257)))], "key-id-malformed"),
            ([("kid", .string(String(repeating: "k", count: 256)))], nil),
            ([("kid", nil)], nil),
            ([("jwk", "junk"), ("jku", 1), ("x5c", [:]), ("x5u", "http://localhost/")], nil),
            ([("cty", "JWT"), ("zip", "DEF")], nil),
        ] as [([(String, JSONValue?)], String?)])
    func header(changes: [(String, JSONValue?)], code: String?) throws {
        #expect(Self.code(of: try Self.mint().token(Claims.email(), header: changes)) == code)
    }

    @Test(
        "R-10 header and payload have one reading",
        arguments: [
            #"{"alg":"ES256","alg":"none"}"#, #"{"alg":"ES256","\u0061lg":"none"}"#, #"{"alg":"ES256"}{}"#,
            #"["ES256"]"#,
            #"{"alg":"ES256"}x"#, "", "null",
        ])
    func oneReading(header: String) throws {
        let token = try Self.mint().sign(header: Array(header.utf8), payload: Array("{}".utf8))
        #expect(Self.code(of: token) == "not-json")
    }

    @Test func `each part has its limit`() throws {
        let mint = try Self.mint()
        let header = { (count: Int) in
            let start = #"{"alg":"ES256","pad":""#
            return Array((start + String(repeating: "p", count: count - start.utf8.count - 2) + "\"}").utf8)
        }
        #expect(Self.code(of: try mint.sign(header: header(4096), payload: [])) == nil)
        #expect(Self.code(of: try mint.sign(header: header(4097), payload: [])) == "part-too-large")
        // A payload of 48 KiB fills the 64 KiB of a token in base64: the whole token's limit comes first.
        let payload = { [UInt8](repeating: 0x20, count: $0) }
        #expect(Self.code(of: try mint.sign(header: header(64), payload: payload(48_900))) == nil)
        #expect(Self.code(of: try mint.sign(header: header(64), payload: payload(49_153))) == "token-too-large")
        let signed = { (count: Int) in
            "eyJhbGciOiJFUzI1NiJ9.e30." + Base64.encodeURL([UInt8](repeating: 1, count: count))
        }
        #expect(Self.code(of: Array(signed(1024).utf8)) == nil)
        #expect(Self.code(of: Array(signed(1025).utf8)) == "part-too-large")
    }

    @Test("R-22 arbitrary changes to a token end in a value or a refusal")
    func mutations() throws {
        let original = try Self.mint().token(Claims.github())
        var generator = SystemRandomNumberGenerator()
        var refused = 0
        for _ in 0..<3_000 {
            var token = original
            for _ in 0...Int.random(in: 0..<4, using: &generator) where !token.isEmpty {
                let place = Int.random(in: 0..<token.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: token[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: token.remove(at: place)
                default: token.removeSubrange(place...)
                }
            }
            if (try? IdentityToken(token)) == nil { refused += 1 }
        }
        #expect(refused > 0)
    }
}
