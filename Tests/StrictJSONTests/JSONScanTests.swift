import StrictJSON
import Testing

@Suite struct JSONScanTests {
    private static let limits = JSONLimits(byteCount: 1 << 20)

    @Test(
        "R-24 counts brackets, commas and colons outside strings",
        arguments: [
            ("{}", 1, 1),
            ("[]", 1, 1),
            (#"{"a":[1,2]}"#, 4, 2),
            (#"{"a,b:[{":"\"}],,"}"#, 2, 1),
            (#"["\\",1]"#, 2, 1),
            ("[[],[[]]]", 5, 3),
        ])
    func counts(text: String, nodes: Int, depth: Int) throws {
        let scan = try JSONScan(Array(text.utf8), limits: Self.limits, trailing: .refused)
        #expect(scan.nodeCount == nodes)
        #expect(scan.depth == depth)
        #expect(scan.value == 0..<text.utf8.count)
    }

    @Test("R-24 stops at the limits and not before")
    func limits() throws {
        let nodes = { (count: Int) in Array(("[" + String(repeating: "0,", count: count - 1) + "0]").utf8) }
        #expect(try JSONScan(nodes(10_000), limits: Self.limits, trailing: .refused).nodeCount == 10_000)
        #expect(throws: JSONError(.tooManyNodes, at: 20_000)) {
            try JSONScan(nodes(10_001), limits: Self.limits, trailing: .refused)
        }
        let nested = { (depth: Int) in
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(try JSONScan(nested(32), limits: Self.limits, trailing: .refused).depth == 32)
        #expect(throws: JSONError(.tooDeep, at: 32)) {
            try JSONScan(nested(33), limits: Self.limits, trailing: .refused)
        }
        #expect(throws: JSONError(.tooDeep, at: 32)) {
            try JSONScan([UInt8](repeating: UInt8(ascii: "["), count: 1 << 20), limits: Self.limits, trailing: .refused)
        }
    }

    @Test("R-24 counts bytes up to the end of the value only")
    func byteLimit() throws {
        let text = Array(#" {"a":1} "#.utf8)
        #expect(try JSONScan(text, limits: JSONLimits(byteCount: 8), trailing: .ignored).value == 1..<8)
        #expect(throws: JSONError(.tooLarge, at: 7)) {
            try JSONScan(text, limits: JSONLimits(byteCount: 7), trailing: .ignored)
        }
    }

    @Test func `bytes after the value are refused or ignored as the caller says`() throws {
        let text = Array("[1] ]junk".utf8)
        #expect(try JSONScan(text, limits: Self.limits, trailing: .ignored).value == 0..<3)
        #expect(throws: JSONError(.trailingBytes, at: 4)) {
            try JSONScan(text, limits: Self.limits, trailing: .refused)
        }
        #expect(try JSONScan(Array("[1] \r\n\t".utf8), limits: Self.limits, trailing: .refused).value == 0..<3)
    }

    @Test("only objects and arrays are read", arguments: ["1", "null", "\"a\"", "\u{FEFF}{}", "}", "true"])
    func otherTopLevel(text: String) {
        #expect(throws: JSONError(.notAnObjectOrArray, at: 0)) {
            try JSONScan(Array(text.utf8), limits: Self.limits, trailing: .ignored)
        }
    }

    @Test("a text that ends too early is refused", arguments: ["", " \n", "{", "[\"]", "[\"\\\"]", "[[]"])
    func unfinished(text: String) {
        #expect(throws: JSONError(.unfinished, at: text.utf8.count)) {
            try JSONScan(Array(text.utf8), limits: Self.limits, trailing: .refused)
        }
    }
}
