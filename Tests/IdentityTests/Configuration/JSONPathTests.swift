import Identity
import StrictJSON
import Testing

@Suite struct JSONPathTests {
    private static let root: JSONValue = ["a": ["b": "ab", "c d": "acd", "e": [["f": "ef"], 7]], "]": "bracket"]

    @Test(
        "a path leads to one value",
        arguments: [
            ("$", root), ("$.a.b", "ab"), ("$['a']['c d']", "acd"), ("$[\"a\"].b", "ab"), ("$.a.e[0].f", "ef"),
            ("$.a.e[1]", 7), ("$.a.e[2]", nil), ("$.a.x", nil), ("$.a.b.c", nil), ("$[0]", nil), ("$[']']", "bracket"),
            ("$.A.b", nil), ("$.a.e[18446744073709551615]", nil),
        ] as [(String, JSONValue?)])
    func value(text: String, expected: JSONValue?) {
        #expect(JSONPath(text)?.value(in: Self.root) == expected)
    }

    @Test(
        "other expressions are refused when they are read",
        arguments: [
            "", "a", ".a", "$a", "$.", "$..a", "$.a.", "$[", "$[]", "$[a]", "$[-1]", "$['a]", "$['']", "$['a'", "$.*",
            "$[*]", "$[0:1]", "$[?(@.a)]", "$.a b", "$[ 0 ]", "$['a\\'b']",
        ])
    func refused(text: String) {
        #expect(JSONPath(text) == nil)
    }
}
