import Identity
import OpenSSL
import StrictJSON
import Testing

@Suite struct ClaimsSetTests {
    private static let second: Int64 = Claims.nowSeconds

    private static func code(_ changes: [(String, JSONValue?)]) -> String? {
        do throws(TokenRefusal) {
            try ClaimsSet(Claims.email().changing(changes)).check(audience: "sigstore", now: Claims.now)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(
        "TOK-02 TOK-04 TOK-27 the times of a token",
        arguments: [
            ([("exp", .integer(second))], nil),
            ([("exp", .integer(second - 1))], "expired"),
            ([("exp", nil)], "claim-missing"),
            ([("exp", .null)], "claim-missing"),
            ([("exp", .string("1800000600"))], "claim-malformed"),
            ([("exp", .real(1_800_000_600.9))], nil),
            ([("exp", .real(1.8000006e9))], nil),
            ([("exp", .real(1_800_000_000.9))], nil),
            ([("exp", .real(1_799_999_999.9))], "expired"),
            ([("exp", .real(1e99))], "claim-malformed"),
            ([("exp", .real(-1.5))], "claim-malformed"),
            ([("exp", 0)], "claim-malformed"),
            ([("exp", .real(0.5))], "claim-malformed"),
            ([("exp", -5)], "claim-malformed"),
            ([("exp", .integer(.max))], "claim-malformed"),
            ([("exp", .integer(.min))], "claim-malformed"),
            ([("exp", 253_402_300_799)], nil),
            ([("exp", 253_402_300_800)], "claim-malformed"),
            ([("exp", true)], "claim-malformed"),
            ([("nbf", .integer(second + 240))], nil),
            ([("nbf", .integer(second + 300))], nil),
            ([("nbf", .integer(second + 301))], "not-yet-valid"),
            ([("nbf", .integer(second + 360))], "not-yet-valid"),
            ([("nbf", .integer(.max))], "not-yet-valid"),
            ([("nbf", .integer(.min))], nil),
            ([("nbf", .real(1e30))], "claim-malformed"),
            ([("nbf", .string("1"))], "claim-malformed"),
            ([("nbf", .null)], nil),
            ([("iat", .integer(second + 1_000_000))], nil),
            ([("iat", .string("now"))], "claim-malformed"),
            ([("iat", nil)], nil),
        ] as [([(String, JSONValue?)], String?)])
    func times(changes: [(String, JSONValue?)], code: String?) {
        #expect(Self.code(changes) == code)
    }

    @Test func `TOK-02 expiry is judged to the millisecond, without leeway`() throws {
        let claims = try ClaimsSet(Claims.email().changing([("exp", .integer(Self.second))]))
        try claims.check(audience: "sigstore", now: Claims.now)
        #expect(throws: TokenRefusal.expired(by: .milliseconds(1))) {
            try claims.check(audience: "sigstore", now: Claims.now.adding(milliseconds: 1))
        }
    }

    @Test(
        "TOK-02 TOK-03 the audience of a token",
        arguments: [
            ("sigstore", nil),
            (["sigstore"], nil),
            (["other", "sigstore"], nil),
            (.array(.init(repeating: "x", count: 63) + ["sigstore"]), nil),
            (.array(.init(repeating: "x", count: 64) + ["sigstore"]), "claim-malformed"),
            ("Sigstore", "audience-missing"),
            ("sigstore ", "audience-missing"),
            ([], "audience-missing"),
            (nil, "audience-missing"),
            (7, "claim-malformed"),
            (["sigstore", 7], "claim-malformed"),
            (.null, "claim-malformed"),
        ] as [(JSONValue?, String?)])
    func audience(value: JSONValue?, code: String?) {
        #expect(Self.code([("aud", value)]) == code)
    }

    @Test func `an empty client id matches nothing`() throws {
        let claims = try ClaimsSet(Claims.email().changing([("aud", "")]))
        #expect(throws: TokenRefusal.audienceMissing(expected: "", found: FoundAudience([""]))) {
            try claims.check(audience: "", now: Claims.now)
        }
    }

    @Test(
        "API-13 the sender gets the audience that was found, cut and without controls",
        arguments: [
            ([], ""), (["a"], "a"), (["a", "b c"], "a b c"), (["a\n\u{0}\u{85}\u{202E}b"], "ab"),
            ([String(repeating: "x", count: 300), "y"], String(repeating: "x", count: 256)),
            ([String(repeating: "x", count: 255) + "\u{E9}y"], String(repeating: "x", count: 255)),
            ([String(repeating: "\u{E9}", count: 200)], String(repeating: "\u{E9}", count: 128)),
        ])
    func foundAudience(values: [String], text: String) {
        #expect(FoundAudience(values).text == text)
    }

    @Test("R-48 a refusal describes itself without the audience that was found")
    func audienceIsNotDescribed() {
        let refusal = TokenRefusal.audienceMissing(expected: "sigstore", found: FoundAudience(["secret-value"]))
        for text in ["\(refusal)", String(describing: refusal), String(reflecting: refusal)] {
            #expect(text.contains("sigstore") && !text.contains("secret-value"))
        }
    }

    @Test("R-10 the issuer is one string or nothing")
    func issuer() throws {
        #expect(try ClaimsSet(Claims.email().changing([("iss", nil)])).issuer.isEmpty)
        #expect(try ClaimsSet(Claims.email().changing([("iss", nil), ("ISS", "x")])).issuer.isEmpty)
        #expect(throws: TokenRefusal.claimMalformed("iss")) {
            try ClaimsSet(Claims.email().changing([("iss", ["https://issuer.example.com"])]))
        }
    }

    @Test(
        "references to claims elsewhere are never followed",
        arguments: [
            ([("_claim_names", ["groups": "s"]), ("_claim_sources", ["s": ["endpoint": "https://x"]])], nil),
            ([("_claim_names", ["groups": "s"])], "claim-malformed"),
            ([("_claim_names", ["groups": "s"]), ("_claim_sources", ["t": [:]])], "claim-malformed"),
            ([("_claim_names", "groups")], "claim-malformed"),
            ([("_claim_sources", ["s": 1])], "claim-malformed"),
        ] as [([(String, JSONValue?)], String?)])
    func distributedClaims(changes: [(String, JSONValue?)], code: String?) {
        #expect(Self.code(changes) == code)
    }
}
