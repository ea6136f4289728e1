import Testing

@testable import Identity

@Suite struct IssuerPatternTests {
    private static let eks = "https://oidc.eks.*.amazonaws.com/id/*"

    @Test(
        "TOK-10 patterns and what they match",
        arguments: [
            (eks, "https://oidc.eks.us-west-2.amazonaws.com/id/B02C", true),
            (eks, "https://oidc.eks.us.west.2.amazonaws.com/id/B02C", false),
            (eks, "http://localhost?x=https://oidc.eks.us-west-2.amazonaws.com/id/B02C", false),
            (eks, "http://localhost/r/https://oidc.eks.us-west-2.amazonaws.com/id/B02C", false),
            (eks, "https://oidc.eks.us-west-2.amazonaws.com/id/B02C\n", false),
            (eks, "\nhttps://oidc.eks.us-west-2.amazonaws.com/id/B02C", false),
            (eks, "https://oidc.eks.us-west-2.amazonaws.com/id/", false),
            (eks, "https://oidc.eks.us-west-2.amazonaws.com/id/B02C/x", false),
            (eks, "https://oidc.eks..amazonaws.com/id/B02C", false), (eks, "", false),
            (eks, "https://oidc.eks.a@b.amazonaws.com/id/B02C", false),
            (eks, "https://oidc.eks.\u{E9}.amazonaws.com/id/B02C", false),
            (eks, "https://oidcxeks.a.amazonaws.com/id/B02C", false),
            ("https://oidc.prod-aks.azure.com/*", "https://oidc.prod-aks.azure.com/ffff-0", true),
            ("https://oidc.prod-aks.azure.com/*", "https://oidc.prod-aks.azure.com/ffff-0/", false),
            ("https://oidc.prod-aks.azure.com/*", "https://oidc.prod-aks.azure.com/a/b", false),
            ("https://oidc.prod-aks.azure.com/*/", "https://oidc.prod-aks.azure.com/ffff-0/", true),
            ("https://oidc.prod-aks.azure.com/*/", "https://oidc.prod-aks.azure.com/ffff-0", false),
            ("https://oidc.circleci.com/org/*", "https://oidc.circleci.com/org/my-org", true),
            ("https://oidc.circleci.com/org/*", "https://oidc.circleci.com/org/", false),
            ("https://oidc.circleci.com/org/*", "https://oidc.circleci.com/org/a/b", false),
            ("https://h.example.com/*a*b", "https://h.example.com/xaab", true),
            ("https://h.example.com/*a*b", "https://h.example.com/abab", false),
            ("https://h.example.com/*a*b", "https://h.example.com/ababb", true),
            ("https://h.example.com/*a*b", "https://h.example.com/ab", false),
            ("https://h.example.com/a", "https://h.example.com/a", true),
            ("https://h.example.com/**", "https://h.example.com/a", false),
            ("https://h.example.com/**", "https://h.example.com/ab", true),
        ])
    func matches(pattern: String, issuer: String, isMatch: Bool) throws {
        #expect(try #require(IssuerPattern(pattern)).matches(issuer) == isMatch)
    }

    @Test(
        "TOK-25 R-35 patterns that are refused",
        arguments: [
            "", "*", "https://*", "https://*.com", "https://*.example.*", "https://a.*.com/x", "http://h.example.com/*",
            "http://*/x", "https://*@h.example.com/x", "https://h.example.com/*?x", "https://h.example.com/#*",
            "https://h.example.com:*/x", "ftp://h.example.com/*", "https://h*.example.com\n", "*://h.example.com/x",
            "https://h.ex*mple.com/x",
        ])
    func refused(pattern: String) {
        #expect(IssuerPattern(pattern) == nil)
    }

    @Test(
        "R-35 patterns that are taken",
        arguments: ["https://*.h.example.com/x", "https://h.example.com:8443/*", "http://127.0.0.1:9000/*"])
    func taken(pattern: String) throws {
        #expect(try #require(IssuerPattern(pattern)).isInsecure == pattern.hasPrefix("http:"))
    }

    @Test func `TOK-11 the order is by literal characters, then by bytes`() throws {
        let texts = [
            "https://h.example.com/*", "https://h.example.com/a*", "https://h.example.com/*a",
            "https://h.example.com/abc*",
        ]
        let sorted = try texts.map { try #require(IssuerPattern($0)) }.sorted().map(\.text)
        #expect(sorted == [texts[3], texts[2], texts[1], texts[0]])
    }

    @Test func `patterns that may overlap are known`() throws {
        let overlap = { (first: String, second: String) in
            try #require(IssuerPattern(first)).mayOverlap(try #require(IssuerPattern(second)))
        }
        #expect(try overlap("https://h.example.com/a*", "https://h.example.com/*b"))
        #expect(try !overlap("https://h.example.com/a*", "https://h.example.com/b*"))
        #expect(try !overlap("https://h.example.com/*", "https://h.example.com/*/"))
        #expect(try !overlap("https://*.a.example.com/*", "https://b.c.example.com/*"))
        #expect(try overlap("https://*.a.example.com/*", "https://b.a.example.com/x"))
    }
}
