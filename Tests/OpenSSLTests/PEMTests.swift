import OpenSSL
import Testing

@Suite struct PEMTests {
    private static let bytes = [UInt8](0..<200)
    private static let body = Base64.encode(bytes)

    @Test(
        "reads what clients write",
        arguments: [
            "-----BEGIN X-----\n\(body)\n-----END X-----\n", "-----BEGIN X-----\n\(body)\n-----END X-----",
            "-----BEGIN X-----\r\n\(body)\r\n-----END X-----\r\n", "-----BEGIN X-----\(body)-----END X-----",
            "hello\n-----BEGIN X-----\nA: b\n\n\(body)\n-----END X-----\n-----BEGIN Y-----\nZg==\n-----END Y-----\n",
            PEM.encode(label: "X", bytes),
        ])
    func lenient(text: String) {
        #expect(
            PEM.firstBlock(in: Array(text.utf8))
                == PEM.blocks(in: Array(PEM.encode(label: "X", Self.bytes).utf8))?.first)
    }

    @Test(
        "finds no block where none is whole",
        arguments: [
            "", "-----BEGIN X-----", "-----BEGIN X-----\nZg==\n", "-----BEGIN X-----\nZg==\n-----END Y-----\n",
            "-----BEGIN X-----\nZ*==\n-----END X-----\n", "-----BEGIN X-----\n-----END X-----\n",
            "-----BEGIN X\nZg==\n-----END X-----\n",
        ])
    func broken(text: String) {
        #expect(PEM.firstBlock(in: Array(text.utf8)) == nil)
    }

    @Test func `lines have 64 characters and the text ends in one newline`() {
        let lines = PEM.encode(label: "X", Self.bytes).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.dropFirst().dropLast(3).allSatisfy { $0.count == 64 })
        #expect(lines.last == "" && lines.dropLast().last == "-----END X-----")
    }

    @Test func `a megabyte of begin lines is read in one pass`() {
        let text = [[UInt8]](repeating: Array("-----BEGIN ".utf8), count: 100_000).flatMap { $0 }
        #expect(PEM.firstBlock(in: text) == nil)
    }

    @Test(
        "adjoining blocks have white space alone behind them",
        arguments: [
            ("", 0), ("text", 0), ("text\nX", 1), ("X", 1), ("XX", 2), ("X \r\n\tX\n\n", 2), ("X text", nil),
            ("X text X", nil), ("X-----BEGIN ", nil), ("X\u{0}", nil),
        ] as [(String, Int?)])
    func adjoining(text: String, count: Int?) {
        let block = PEM.encode(label: "BLOCK", Self.bytes)
        #expect(PEM.adjoiningBlocks(in: Array(text.replacing("X", with: block).utf8))?.count == count)
    }

    @Test func `the text of the first block has its headers and nothing around it`() {
        let text = "before\n-----BEGIN X-----\nA: b\n\nZg==\n-----END X-----\nafter"
        let block = PEM.firstBlockText(in: Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
        #expect(block == "-----BEGIN X-----\nA: b\n\nZg==\n-----END X-----\n")
        #expect(PEM.firstBlockText(in: Array("-----BEGIN X-----\n".utf8)) == nil)
    }
}
