import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct CheckpointTests {
    private struct Log {
        let origin: Origin
        let key: PublicKey
        let heads: [JSONValue]

        init() throws {
            let vectors = try Vectors.load("ct")
            origin = try #require(Origin(try vectors.text("origin")))
            let keyVectors = try #require(vectors["log_key"])
            let spki = try #require(Base64.decodeStandard(Array(try keyVectors.text("spki_der_b64").utf8)))
            key = try PublicKey(SubjectPublicKeyInfo(der: spki))
            heads = try vectors.array("signed_tree_heads")
        }

        var note: String {
            get throws { try heads[3].text("checkpoint_note") }
        }
    }

    @Test func `TL-20 the key ID is made from origin and log ID`() throws {
        let log = try Log()
        let keyID = Checkpoint.keyID(origin: log.origin, logID: log.key.subjectPublicKeyInfo.sha256)
        #expect(keyID.hexadecimal == "95f49143")
    }

    @Test func `TL-20 the known notes verify, and are reproduced byte for byte from head and signature`() throws {
        let log = try Log()
        #expect(log.heads.count == 5)
        for vector in log.heads {
            let note = Array(try vector.text("checkpoint_note").utf8)
            let checkpoint = try Checkpoint(parsing: note, origin: log.origin, key: log.key)
            let head = checkpoint.signedTreeHead.head
            #expect(head.size == (try vector.size("tree_size")))
            #expect(head.root == (try vector.digest("root_hex")))
            #expect(head.timestamp.milliseconds == (try vector.number("timestamp")))
            let signature = try #require(DigitallySigned(encoded: try vector.bytes("tree_head_signature_hex")))
            #expect(checkpoint.signedTreeHead.signature == signature)
            let made = Checkpoint(
                origin: log.origin, signedTreeHead: SignedTreeHead(head: head, signature: signature))
            let produced = made.note(logID: log.key.subjectPublicKeyInfo.sha256)
            #expect(produced.bytes == note)
            #expect(produced.text == (try vector.text("checkpoint_text")))
            #expect(produced.signatures.first?.body == (try vector.bytes("rfc6962_note_signature_hex")))
        }
    }

    @Test func `TL-33 a tree head is signed over the known 50 bytes`() throws {
        for vector in try Log().heads {
            let head = TreeHead(
                size: try vector.size("tree_size"), root: try vector.digest("root_hex"),
                timestamp: Timestamp(milliseconds: try vector.number("timestamp")))
            #expect(head.signedBytes.count == 50)
            #expect(head.signedBytes == (try vector.bytes("signature_input_hex")))
        }
    }

    @Test func `TL-22 foreign signature lines are skipped, in front and behind`() throws {
        let log = try Log()
        let note = try SignedNote(parsing: Array(try log.note.utf8))
        let strange = (0..<20).map {
            SignedNote.Signature(name: "grease\($0).example", keyID: [1, 2, 3, UInt8($0)], body: [9])
        }
        let sameName = SignedNote.Signature(name: log.origin.text, keyID: [0, 0, 0, 0], body: [1])
        for signatures in [strange + note.signatures, note.signatures + strange, [sameName] + note.signatures] {
            let bytes = SignedNote(text: note.text, signatures: signatures).bytes
            #expect(throws: Never.self) { try Checkpoint(parsing: bytes, origin: log.origin, key: log.key) }
        }
        let tooMany = SignedNote(text: note.text, signatures: Array(repeating: sameName, count: 101)).bytes
        #expect(throws: SignedNoteError.tooManySignatures) { try SignedNote(parsing: tooMany) }
    }

    @Test func `TL-22 a note with another key's signature in our name is refused`() throws {
        let log = try Log()
        let note = try SignedNote(parsing: Array(try log.note.utf8))
        let other = try SignedNote(parsing: Array(try log.heads[2].text("checkpoint_note").utf8))
        let mixed = SignedNote(text: note.text, signatures: other.signatures + note.signatures).bytes
        #expect(throws: CheckpointError.invalidSignature) {
            try Checkpoint(parsing: mixed, origin: log.origin, key: log.key)
        }
        let none = SignedNote(
            text: note.text, signatures: [.init(name: "other.example", keyID: [1, 2, 3, 4], body: [5])]
        ).bytes
        #expect(throws: CheckpointError.noSignature) { try Checkpoint(parsing: none, origin: log.origin, key: log.key) }
        let origin = try #require(Origin("other.example"))
        #expect(throws: CheckpointError.otherOrigin) {
            try Checkpoint(parsing: Array(try log.note.utf8), origin: origin, key: log.key)
        }
    }

    private static let malformations: [(String, @Sendable (String) -> String)] = [
        ("missing final newline", { String($0.dropLast()) }),
        ("carriage return", { $0.replacing("\n", with: "\r\n") }),
        ("missing blank line", { $0.replacing("\n\n", with: "\n") }),
        ("extra text line", { $0.replacing("\n\n", with: "\nextension\n\n") }),
        ("leading zero in the size", { $0.replacing("\n4\n", with: "\n04\n") }),
        ("plus sign in the size", { $0.replacing("\n4\n", with: "\n+4\n") }),
        ("43 characters of root", { $0.replacing("=\n\n", with: "\n\n") }),
        ("bad padding of the signature", { String($0.dropLast(2)) + "\n" }),
        ("wrong dash", { $0.replacing("\u{2014}", with: "-") }),
        ("two blanks", { $0.replacing("\u{2014} ", with: "\u{2014}  ") }),
        ("control character", { $0.replacing("\n\n", with: "\u{1}\n\n") }),
        ("nothing", { _ in "" }),
        ("only newlines", { _ in "\n\n" }),
        ("no signature", { String($0[..<($0.firstRange(of: "\n\n")?.upperBound ?? $0.endIndex)]) }),
        ("longer than a mebibyte", { $0 + String(repeating: "x", count: 1 << 20) + "\n" }),
    ]

    @Test("TL-22 malformed notes are refused", arguments: malformations.indices)
    func malformed(number: Int) throws {
        let (why, change) = Self.malformations[number]
        let log = try Log()
        let changed = change(try log.note)
        #expect(changed != (try log.note))
        #expect(throws: CheckpointError.self, "\(why)") {
            try Checkpoint(parsing: Array(changed.utf8), origin: log.origin, key: log.key)
        }
    }

    @Test func `TL-22 a note that is not UTF-8 is refused`() throws {
        let bytes = Array(try Log().note.utf8)
        #expect(throws: SignedNoteError.invalidText) { try SignedNote(parsing: [0xFF] + bytes) }
    }

    @Test func `TL-22 notes by other kinds of keys are read and kept byte for byte`() throws {
        let vectors = try Vectors.load("ed25519_checkpoint")
        for name in ["note", "cosigned_note"] {
            let bytes = Array(try vectors.text(name).utf8)
            let note = try SignedNote(parsing: bytes)
            #expect(note.text == (try vectors.text("text")))
            #expect(note.signatures.first?.keyID.hexadecimal == (try vectors.text("key_id_hex")))
            #expect(note.bytes == bytes)
        }
    }

    @Test(
        "an origin is a submission prefix without scheme and slash",
        arguments: [
            ("https://log.example.test/ct/2026/", "log.example.test/ct/2026"),
            ("http://127.0.0.1:8080/log/2026a", "127.0.0.1:8080/log/2026a"), ("ftp://example.test/", nil),
            ("https://", nil), ("https://a b/", nil), ("https://a+b/", nil), ("https://é.test/", nil),
        ] as [(String, String?)])
    func origin(prefix: String, expected: String?) {
        #expect(Origin(submissionPrefix: prefix)?.text == expected)
    }
}
