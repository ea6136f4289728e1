import OpenSSL
import Testing
import TransparencyLog

@Suite struct TLogProofTests {
    private static let hash = Base64.encode(SHA256Digest(hashing: []).bytes)
    private static let good =
        "c2sp.org/tlog-proof@v1\nindex 5\n\(hash)\n\(hash)\n\nname\n6\nroot\n\n\u{2014} name AAAA\n"

    @Test func `a proof is read back as it was written`() throws {
        let proof = try TLogProof(parsing: Array(Self.good.utf8))
        #expect(proof.index.value == 5)
        #expect(proof.proof.path.count == 2)
        #expect(proof.checkpoint.starts(with: Array("name\n6\n".utf8)))
        #expect(proof.bytes == Array(Self.good.utf8))
        let extra = Self.good.replacing("\nindex", with: "\nextra AAAA\nindex")
        #expect(try TLogProof(parsing: Array(extra.utf8)) == proof)
        let alone = "c2sp.org/tlog-proof@v1\nindex 0\n\nnote"
        #expect(try TLogProof(parsing: Array(alone.utf8)).proof.path.isEmpty)
    }

    @Test(
        "other texts are no proofs",
        arguments: [
            ("proof@v1", "proof@v2", .unknownHeader), ("index 5", "index 05", .malformedIndex),
            ("index 5", "index -5", .malformedIndex), ("index 5", "index 1099511627776", .malformedIndex),
            ("index 5\n", "", .malformedIndex), ("\nindex 5", "\nextra A\nindex 5", .malformedLine),
            ("index 5", "index 5\nAAAA", .malformedLine), ("\n\nname", "\nname", .malformedLine),
            ("\nname\n6\nroot\n\n\u{2014} name AAAA\n", "\n", .noCheckpoint),
            ("index 5", "index 5" + String(repeating: "\n" + hash, count: 62), .tooLong),
        ] as [(String, String, TLogProofError)])
    func refusals(part: String, other: String, expected: TLogProofError) {
        let text = Self.good.replacing(part, with: other)
        #expect(text != Self.good)
        #expect(throws: expected) { try TLogProof(parsing: Array(text.utf8)) }
    }

    @Test func `a text that ends anywhere early is none, or has a shorter checkpoint`() throws {
        let bytes = Array(Self.good.utf8)
        for count in 0..<bytes.count {
            guard let proof = try? TLogProof(parsing: Array(bytes.prefix(count))) else { continue }
            #expect(proof.bytes == Array(bytes.prefix(count)))
        }
    }
}
