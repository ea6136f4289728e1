import Testing

@testable import Identity

@Suite struct UniformResourceIdentifierTests {
    @Test(
        "ID-13 URIs and how a certificate writes them",
        arguments: [
            ("https://github.com/o/r/.github/workflows/x.yml@refs/heads/main", nil),
            ("https://gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main", nil),
            (
                "https://github.com/o/r/.github/workflows/\u{FC}.yml@refs/heads/main",
                "https://github.com/o/r/.github/workflows/%C3%BC.yml@refs/heads/main"
            ),
            (
                "https://github.com/o/r/.github/workflows/a b.yml@refs/heads/main",
                "https://github.com/o/r/.github/workflows/a%20b.yml@refs/heads/main"
            ),
            ("https://github.com/o/r@refs/heads/fix#1", nil), ("HTTPS://h/p", "https://h/p"), ("https://h", nil),
            ("https://h:8443/p", nil), ("https://u:p@h/p", nil), ("https://h./p", nil), ("https://[::1]:80/p", nil),
            ("https://h/p?a b", nil), ("https://h/p?", nil), ("https://h/p#a b", "https://h/p#a%20b"),
            ("https://h/p#\u{FC}/?", "https://h/p#%C3%BC/?"), ("https://h/a%2fb", nil),
            ("https://h/a%2fb c", "https://h/a/b%20c"), ("spiffe://example.com/ns", nil), ("file:///a", nil),
            ("https://h/../a", nil), ("https:/%2fevil.example/a", nil),
        ] as [(String, String?)])
    func good(input: String, output: String?) throws {
        #expect(try UniformResourceIdentifier(input).text == output ?? input)
    }

    @Test(
        "ID-13 what is no URI for a certificate",
        arguments: [
            "", "x", "/a", "//h/a", "1a://h", ":x", "https:", "https://", "https:///", "https://h/100%",
            "https://h/p#%", "https://h/\u{1}",
            "https://h/\u{7F}", "https://h\u{FC}/p", "https://a..b/p", "https://.a/p", "https://h%41/p",
            "https://h:8a/p", "https://a@b@h/p", "https://[::1/p", "https://[x]/p", "https://h h/p",
            "https://h/p?\u{FC}", "https://\u{212A}/p", "ht\u{131}ps://h/p",
        ])
    func bad(input: String) {
        #expect(throws: CertificateContentRefusal.self) { try UniformResourceIdentifier(input) }
    }

    @Test(
        "ID-13 R-10 a path does not become a host when its escaped slashes are written as slashes",
        arguments: ["https:/%2fevil.example/\u{FC}", "https:%2F%2fevil.example/a b", "https:/%2F\u{FC}"])
    func pathLikeAHost(input: String) {
        #expect(throws: CertificateContentRefusal.self) { try UniformResourceIdentifier(input) }
    }
}
