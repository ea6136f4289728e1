import Testing

@testable import Identity

@Suite struct URIPathTests {
    @Test(
        "ID-13 elements are joined to a base",
        arguments: [
            (["o/r/.github/workflows/x.yml@refs/heads/main"], "o/r/.github/workflows/x.yml@refs/heads/main"),
            (["o//r"], "o/r"), (["/o/r"], "o/r"), (["o/./r"], "o/r"), (["o/../r"], "r"), (["../../r"], "r"),
            (["o/r/"], "o/r/"), (["o/", "r"], "o/r"), (["o/r", "actions/runs", "1"], "o/r/actions/runs/1"),
            (["o/r#1"], "o/r%231"), (["o/r?a=b"], "o/r%3Fa=b"), (["a b"], "a%20b"), (["\u{FC}.yml"], "%C3%BC.yml"),
            (["a%20b"], "a%20b"), (["a%2fb"], "a%2fb"), (["a%2fb c"], "a/b%20c"), (["a!(b)*'c'"], "a!(b)*'c'"),
            (["a!b c"], "a%21b%20c"), (["[a]"], "[a]"), (["[a] b"], "%5Ba%5D%20b"), (["a\"b"], "a%22b"),
            (["%ff x"], "%FF%20x"),
            (["a/../\u{301}b"], "%CC%81b"), (["."], ""), ([".."], ""), (["./"], ""),
        ] as [([String], String)])
    func joined(elements: [String], path: String) {
        #expect(URIPath.joined("https://github.com/", elements) == "https://github.com/" + path)
    }

    @Test("ID-13 an invalid escape has no result", arguments: ["%", "a%", "a%2", "a%zz", "%\u{663}0", "a%2/b"])
    func invalidEscape(element: String) {
        #expect(URIPath.joined("https://github.com/", [element]) == nil)
    }

    @Test func `the path of the base stays in front`() {
        #expect(URIPath.joined("https://h/base", ["a", "b"]) == "https://h/base/a/b")
        #expect(URIPath.joined("https://h", ["a"]) == "https://h/a")
        #expect(URIPath.joined("no scheme", ["a"]) == nil)
    }

    @Test(
        "ID-13 dots that an escaped slash sets free are refused",
        arguments: ["..%2fx\u{FC}", "a/.%2F b", "x%2f..%2f\u{FC}"])
    func freedDots(element: String) {
        #expect(URIPath.joined("https://example.com", [element]) == nil)
    }

    @Test func `ID-13 escaped slashes that stay escaped free nothing`() {
        #expect(URIPath.joined("https://example.com", ["a/..%2fx"]) == "https://example.com/a/..%2fx")
    }
}
