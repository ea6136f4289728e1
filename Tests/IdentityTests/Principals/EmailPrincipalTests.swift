import StrictJSON
import Testing

@testable import Identity

@Suite struct EmailPrincipalTests {
    private static func principal(
        _ changes: [(String, JSONValue?)], claim: JSONPath? = nil, skip: Bool = false
    ) throws(TokenRefusal) -> Principal {
        try EmailPrincipal.principal(
            from: ClaimsSet(Claims.email().changing(changes)), issuerClaim: claim, skipVerification: skip)
    }

    private static func code(_ changes: [(String, JSONValue?)], skip: Bool = false) -> String? {
        do throws(TokenRefusal) {
            _ = try principal(changes, skip: skip)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `ID-01 the address is the name and the challenge, and sub is the subject`() throws {
        let principal = try Self.principal([])
        #expect(principal.subjectAlternativeName == .email("jane@example.com"))
        #expect(principal.challenge == Array("jane@example.com".utf8))
        #expect(principal.issuer == "https://issuer.example.com")
        #expect(principal.subject == "s1")
        #expect(principal.attributes.isEmpty)
    }

    @Test(
        "TOK-13 the spellings of email_verified",
        arguments: [
            (true, nil, nil), ("true", nil, nil), ("True", nil, nil),
            (false, "email-not-verified", nil), ("false", "email-not-verified", nil),
            ("False", "email-not-verified", nil), (nil, "email-not-verified", nil),
            (1, "claim-malformed", "claim-malformed"), (.null, "claim-malformed", "claim-malformed"),
            ("yes", "claim-malformed", "claim-malformed"), ("TRUE", "claim-malformed", "claim-malformed"),
            ("", "claim-malformed", "claim-malformed"), ([true], "claim-malformed", "claim-malformed"),
        ] as [(JSONValue?, String?, String?)])
    func verified(value: JSONValue?, code: String?, codeWithSkip: String?) {
        #expect(Self.code([("email_verified", value)]) == code)
        // TOK-14: skipping takes what is false or missing and still refuses what is neither.
        #expect(Self.code([("email_verified", value)], skip: true) == codeWithSkip)
    }

    @Test(
        "TOK-15 addresses that are taken as they are",
        arguments: [
            "a@b.c", "Jane.Doe+tag@Example.COM", "a@b_c.com", "o'neil@example.com", "a!#$%&'*+-/=?^_`{|}~b@example.com",
            "\(String(repeating: "l", count: 65))@example.com", "a@\(String(repeating: "d", count: 64)).com", "1@2.co",
        ])
    func accepted(address: String) throws {
        #expect(try Self.principal([("email", .string(address))]).subjectAlternativeName == .email(address))
    }

    @Test(
        "TOK-15 addresses that are refused",
        arguments: [
            "jane", "a@b", "@b.c", "a@", "a@@b.c", "a@b@c.d", "a@1.2.3.4", "a@[1.2.3.4]", ".a@b.c", "a.@b.c",
            "a..b@c.d",
            "a b@c.d", "a\u{0}@b.c", "a@b.c\n", "a@b.c.", "a@.b.c", "a@b..c", "a@-b.c", "a@b-.c", "a@b.c1", "\"a\"@b.c",
            "\"a@b\"@c.d", "j\u{FC}rgen@b.c", "a@b\u{FC}.de", "=?utf-8?q?a?=@b.c", "=?x?q?admin=40x.y?=jane@b.c",
            "a@b!.c",
            "a@b.c, d@e.f", "<a@b.c>", "a(c)@b.c", "a@b.c\u{301}", "a\u{202E}@b.c",
        ])
    func refused(address: String) {
        let code = Self.code([("email", .string(address))])
        #expect(code == "email-not-an-address" || code == "claim-malformed")
    }

    @Test(
        "the other claims",
        arguments: [
            ([("email", nil)], "claim-missing"), ([("email", "")], "claim-missing"),
            ([("email", .null)], "claim-missing"),
            ([("email", 7)], "claim-malformed"), ([("email", nil), ("Email", "a@b.c")], "claim-missing"),
            ([("sub", nil)], nil), ([("sub", .null)], nil), ([("sub", 7)], "claim-malformed"),
            ([("sub", "a\u{1F}b")], "claim-malformed"), ([("sub", "a\u{202E}b")], "claim-malformed"),
        ] as [([(String, JSONValue?)], String?)])
    func claims(changes: [(String, JSONValue?)], code: String?) {
        #expect(Self.code(changes) == code)
    }

    @Test func `TOK-16 the issuer claim is the issuer, and its absence a refusal`() throws {
        let path = try #require(JSONPath("$.federated_claims.connector_id"))
        let claims: [(String, JSONValue?)] = [("federated_claims", ["connector_id": "https://accounts.example.org"])]
        #expect(try Self.principal(claims, claim: path).issuer == "https://accounts.example.org")
        #expect(throws: TokenRefusal.claimMissing(path.text)) { try Self.principal([], claim: path) }
        for value: JSONValue in ["", 7, .null, ["x"], [:]] {
            #expect(throws: TokenRefusal.claimMalformed(path.text)) {
                try Self.principal([("federated_claims", ["connector_id": value])], claim: path)
            }
        }
    }

    @Test func `SEC-06 a claim of 8 KiB is taken and a longer one is refused`() throws {
        let subject = { (count: Int) in [("sub", JSONValue.string(String(repeating: "s", count: count)))] }
        #expect(try Self.principal(subject(8192)).subject?.utf8.count == 8192)
        #expect(throws: TokenRefusal.claimTooLarge("sub", limit: 8192)) { try Self.principal(subject(8193)) }
    }
}
