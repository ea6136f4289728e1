import Testing
import Yams

@testable import Server

@Suite struct BoundedYAMLTests {
    private static func bomb(levels: Int) -> String {
        let lines = (1..<levels).map { level in
            "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]"
        }
        return (["a0: &a0 [x, x, x]"] + lines).joined(separator: "\n")
    }

    @Test(
        "R-21 R-23 what grows when it is read, or nests without end, is refused before it is built",
        arguments: [
            (bomb(levels: 12), .tooManyAliases),
            ("? &a [x]\n: 1\n" + String(repeating: "? [*a]\n: 1\n", count: 11), .tooManyAliases),
            (String(repeating: "[", count: 500_000), .tooDeep),
            (String(repeating: "{a: ", count: 65), .tooDeep),
            (String(repeating: "- ", count: 100_000), .tooDeep),
            (String(repeating: "a", count: BoundedYAML.maximumByteCount + 1), .tooLong),
            ("? &\(String(repeating: "n", count: 200)) x\n\(String(repeating: "- *n\n", count: 11))", .tooManyAliases),
            (String(repeating: ",&a", count: 300_000) + " [x] " + String(repeating: "*a ", count: 11), .tooManyAliases),
        ] as [(String, BoundedYAML.Refusal)])
    func refused(text: String, refusal: BoundedYAML.Refusal) {
        #expect(throws: refusal) { try BoundedYAML.compose(text) }
    }

    @Test(
        "R-21 stars, ampersands and brackets of a configuration are no bomb",
        arguments: [
            "a: &x 1\nb: *x\n",
            "a: &x text\nb: [" + Array(repeating: "*x", count: 200).joined(separator: ", ") + "]\n",
            "a: \"https://*.example.org/*\"\nb: 'x & y'\n",
            String(repeating: "- \"https://oidc.eks.*.example.com/id/*\"\n", count: 500),
            String(repeating: "- \"{{ .a }} [b] *c\"\n", count: 500),
        ])
    func accepted(text: String) throws {
        #expect(try BoundedYAML.compose(text) != nil)
    }
}
