import OpenSSL
import Testing

@testable import TransparencyLog

@Suite struct WitnessPolicyTests {
    /// The verifier key of a made-up witness.
    private static func key(_ name: String, kind: UInt8 = 4) throws -> String {
        let digest = SHA256Digest(hashing: Array("seed of \(name)".utf8))
        // Any 32 octets can be imported as an Ed25519 key.
        let keyID = VerifierKey.keyID(name: name, kind: kind, key: digest.bytes).hexadecimal
        return "\(name)+\(keyID)+\(Base64.encode([kind] + digest.bytes))"
    }

    private static func read(
        _ text: String, logs: [(origin: Origin, logID: SHA256Digest)] = []
    ) throws -> (policy: WitnessPolicy, warnings: [String]) {
        var text = text
        for name in ["a", "b", "c", "d"] { text = text.replacing("<\(name)>", with: try key(name)) }
        return try WitnessPolicyReader.read(Array(text.utf8), logs: logs)
    }

    @Test func `groups of groups with all, any and a number decide as they say`() throws {
        let policy = try Self.read(
            """
              # two operators
            witness A1 <a> https://a.example/w///
            \twitness\tA2  <b>\thttps://b.example
            witness B1 <c>

            group A 2 A1 A2
            group B any B1
            group both all A B
            quorum both
            """
        ).policy
        #expect(policy.witnesses.map(\.name) == ["A1", "A2", "B1"])
        #expect(policy.witnesses.map(\.url) == ["https://a.example/w", "https://b.example", nil])
        #expect(policy.witnesses.map(\.line) == [2, 3, 4])
        #expect(policy.isQuorum([0, 1, 2]))
        for positions in [[], [0], [0, 1], [0, 2], [1, 2], [2]] { #expect(!policy.isQuorum(Set(positions))) }
    }

    @Test func `a single witness is a quorum, and none asks for nobody`() throws {
        let one = try Self.read("witness w <a>\nwitness v <b>\nquorum v\n").policy
        #expect(one.isQuorum([1]) && !one.isQuorum([0]))
        #expect(try Self.read("quorum none\n").policy.isQuorum([]))
        let two = try Self.read("witness w <a>\nwitness v <b>\nwitness u <c>\ngroup g 2 w v u\nquorum g").policy
        #expect(two.isQuorum([0, 2]) && !two.isQuorum([1]))
    }

    @Test func `TL-80 a checkpoint has room for the log's signature and those of all witnesses`() throws {
        let lines = try (1...99).map { "witness w\($0) \(try Self.key("w\($0)"))" }
        #expect(try Self.read((lines + ["quorum none"]).joined(separator: "\n")).policy.witnesses.count == 99)
        let more = lines + ["witness w100 \(try Self.key("w100"))", "quorum none"]
        #expect(throws: WitnessPolicyReader.Mistakes(lines: ["line 100: more than 99 witnesses"])) {
            try Self.read(more.joined(separator: "\n"))
        }
    }

    private static let mistakes: [(String, String)] = [
        ("witness w <a>\nquorum w\nfriend f\n", "line 3: unknown keyword friend"),
        ("", "there is no quorum line"),
        ("quorum none\nquorum none\n", "line 2: a second quorum line"),
        ("quorum w\nwitness w <a>\n", "line 1: w is not defined on a line before"),
        ("witness w <a>\nwitness w <b>\nquorum w\n", "line 2: a second definition of w"),
        ("witness w <a>\nwitness v <a>\nquorum w\n", "line 2: a second witness with this key"),
        ("witness none <a>\nquorum none\n", "line 1: the name none is taken"),
        ("witness w\nquorum none\n", "line 1: witness <name> <vkey> [<url>]"),
        ("witness w <a> u v\nquorum none\n", "line 1: witness <name> <vkey> [<url>]"),
        ("witness w x+y+z\nquorum none\n", "line 1: the witness's key is no vkey"),
        ("witness w <a>\ngroup g 2 w\nquorum g\n", "line 2: 2 is not all, any or a number from 1 to 1"),
        ("witness w <a>\ngroup g 0 w\nquorum g\n", "line 2: 0 is not all, any or a number from 1 to 1"),
        ("witness w <a>\ngroup g 01 w\nquorum g\n", "line 2: 01 is not all, any or a number from 1 to 1"),
        ("witness w <a>\ngroup g all\nquorum g\n", "line 2: group <name> <all|any|k> <member>..."),
        ("witness w <a>\ngroup g any none\nquorum g\n", "line 2: none is not defined on a line before"),
        ("witness w <a>\ngroup g any g\nquorum g\n", "line 2: g is not defined on a line before"),
        ("witness w <a>\ngroup g any w w\nquorum g\n", "line 2: w is a member already"),
        ("witness w <a>\ngroup g any w\ngroup h any w\nquorum h\n", "line 3: w is a member already"),
        ("witness w <a>\u{1}\nquorum w\n", "line 1: has a control character"),
        ("witness w <a>\r\nquorum w\n", "line 1: has a control character"),
        ("log nothing\nquorum none\n", "line 1: the log's key is no vkey"),
        ("log\nquorum none\n", "line 1: log <vkey> [<url>]"),
        ("log <a>\nlog <a>\nquorum none\n", "line 2: a second log with this key"),
        ("quorum\n", "line 1: quorum <name|none>"),
    ]

    @Test("every mistake is named with its line", arguments: mistakes.indices)
    func mistake(number: Int) throws {
        let (text, expected) = Self.mistakes[number]
        let error = #expect(throws: WitnessPolicyReader.Mistakes.self) { try Self.read(text) }
        #expect(error?.lines.contains(expected) == true, "\(error?.lines ?? [])")
    }

    @Test func `all mistakes come at once`() throws {
        let error = #expect(throws: WitnessPolicyReader.Mistakes.self) {
            try Self.read("friend a\nwitness w nothing\ngroup g any v\nquorum g\n")
        }
        #expect(error?.lines.count == 3)
    }

    @Test func `a key of another kind or with another key ID is no witness's`() throws {
        let logKey = try Self.key("a", kind: 1)
        let wrong = try Self.key("b").replacing("b+", with: "c+")
        for (key, reason) in [(logKey, "is of kind 1"), (wrong, "key ID")] {
            let error = #expect(throws: WitnessPolicyReader.Mistakes.self) {
                try Self.read("witness w \(key)\ngroup g any w\nquorum g\n")
            }
            #expect(error?.lines.count == 1)
            #expect(error?.lines.first?.contains(reason) == true)
        }
    }

    @Test func `a line about our log must have our key, and one about another is ignored with the reason`() throws {
        let origin = try #require(Origin("log.example/2026"))
        let spki = [UInt8](repeating: 5, count: 91)
        let logID = SHA256Digest(hashing: spki)
        let keyID = Checkpoint.keyID(origin: origin, logID: logID).hexadecimal
        let good = "log \(origin)+\(keyID)+\(Base64.encode([5] + spki)) https://log.example\nquorum none\n"
        #expect(try Self.read(good, logs: [(origin, logID)]).warnings.isEmpty)
        let other = [(origin, SHA256Digest(hashing: [1]))]
        #expect(throws: WitnessPolicyReader.Mistakes(lines: ["line 1: this is not the key of log.example/2026"])) {
            try Self.read(good, logs: other)
        }
        let forged = "log \(origin)+\(keyID)+\(Base64.encode([5] + spki.dropLast()))\nquorum none\n"
        #expect(throws: WitnessPolicyReader.Mistakes.self) { try Self.read(forged, logs: [(origin, logID)]) }
        #expect(try Self.read(good).warnings.first?.contains("not a log of this server") == true)
    }

    @Test func `what is too long or not UTF-8 is refused`() throws {
        #expect(throws: WitnessPolicyReader.Mistakes.self) { try WitnessPolicyReader.read([0xFF], logs: []) }
        let long = [UInt8](repeating: 0x0A, count: WitnessPolicyReader.maximumByteCount + 1)
        #expect(throws: WitnessPolicyReader.Mistakes.self) { try WitnessPolicyReader.read(long, logs: []) }
    }
}
