import OpenSSL
import StrictJSON
import Testing

@testable import TransparencyLog

@Suite struct WitnessVectorTests {
    /// The known checkpoint with the key and the line of its witness.
    private struct Known {
        let checkpoint: JSONValue
        let witness: JSONValue
        let text: CheckpointText
        let key: WitnessKey
        let line: SignedNote.Signature

        init() throws {
            checkpoint = try Vectors.load("ed25519_checkpoint")
            witness = try #require(checkpoint["witness"])
            text = CheckpointText(
                origin: try #require(Origin("rekor.example.test")), size: try #require(TreeSize(70_000)),
                root: try MemoryTree(numbersBelow: 70_000).peaks.root)
            key = try WitnessKey(try #require(VerifierKey(try witness.text("vkey"))))
            let lines = try SignedNote.signatures(parsing: Array(try witness.text("signature_line").utf8))
            line = try #require(lines.first)
        }
    }

    @Test func `TL-24 the known cosignature is verified, and its message and line are reproduced`() throws {
        let known = try Known()
        #expect(known.text.lines == (try known.checkpoint.text("text")))
        #expect(known.key.verifierKey.keyID == (try known.witness.bytes("key_id_hex")))
        #expect(known.key.verifierKey.key == (try known.witness.bytes("public_key_hex")))
        let cosignature = try #require(known.key.cosignature(in: [known.line], over: known.text))
        #expect(cosignature.time == (try known.witness.number("time")))
        let message = Cosignature.ed25519Message(time: cosignature.time, over: known.text)
        #expect(message == Array(try known.witness.text("signed_message").utf8))
        #expect(cosignature.line.bytes == Array(try known.witness.text("signature_line").utf8))
        let note = try SignedNote(parsing: Array(try known.checkpoint.text("note").utf8))
        let cosigned = SignedNote(text: note.text, signatures: note.signatures + [cosignature.line])
        #expect(cosigned.bytes == Array(try known.checkpoint.text("cosigned_note").utf8))
    }

    @Test func `TL-24 TL-80 another time, text, key or name is no cosignature, and neither is time 0`() throws {
        let known = try Known()
        func changed(_ body: [UInt8], name: String? = nil, keyID: [UInt8]? = nil) -> [SignedNote.Signature] {
            [.init(name: name ?? known.line.name, keyID: keyID ?? known.line.keyID, body: body)]
        }
        let body = known.line.body
        #expect(known.key.cosignature(in: changed(body), over: known.text) != nil)
        for position in body.indices {
            var other = body
            other[position] ^= 1
            #expect(known.key.cosignature(in: changed(other), over: known.text) == nil)
        }
        let zero = [UInt8](repeating: 0, count: 8) + body.dropFirst(8)
        #expect(Cosignature(SignedNote.Signature(name: "w", keyID: [1, 2, 3, 4], body: zero)) == nil)
        for lines in [
            changed(zero), changed(Array(body.dropLast())), changed(body + [0]), changed(Array(body.prefix(8))),
            changed(body, name: "other"), changed(body, keyID: [1, 2, 3, 4]), [],
        ] {
            #expect(known.key.cosignature(in: lines, over: known.text) == nil)
        }
        let other = CheckpointText(origin: known.text.origin, size: .zero, root: known.text.root)
        #expect(known.key.cosignature(in: [known.line], over: other) == nil)
        let noise = changed([1, 2, 3], name: "grease") + changed(body)
        #expect(known.key.cosignature(in: noise, over: known.text) != nil)
    }

    @Test func `TL-24 the known ML-DSA-44 message and key ID are reproduced`() throws {
        let vectors = try Vectors.load("mldsa44_cosignature")
        let known = try Known()
        let message = Cosignature.mlDSA44Message(
            witness: try vectors.text("name"), time: try vectors.number("time"), over: known.text)
        #expect(message == (try vectors.bytes("cosigned_message_hex")))
        #expect(MLDSA44PublicKey.byteCount == Int(try vectors.number("public_key_bytes")))
        #expect(
            Cosignature.mlDSA44Message(witness: String(repeating: "w", count: 256), time: 1, over: known.text) == nil)
    }

    @Test func `an ML-DSA-44 witness is refused with the reason when libcrypto cannot verify it`() throws {
        let key = [UInt8](repeating: 7, count: MLDSA44PublicKey.byteCount)
        let keyID = VerifierKey.keyID(name: "pq", kind: 6, key: key).hexadecimal
        let verifierKey = try #require(VerifierKey("pq+\(keyID)+\(Base64.encode([6] + key))"))
        if MLDSA44PublicKey.isAvailable {
            #expect(throws: Never.self) { try WitnessKey(verifierKey) }
        } else {
            #expect(throws: WitnessKey.Refusal.mlDSA44NotAvailable) { try WitnessKey(verifierKey) }
            #expect("\(WitnessKey.Refusal.mlDSA44NotAvailable)".contains(OpenSSLLibrary.version))
        }
    }

    @Test func `TL-23 the known Ed25519 note is verified by its key in text form`() throws {
        let known = try Known()
        let key = try #require(VerifierKey(try known.checkpoint.text("vkey")))
        #expect(key.isConsistent && key.keyID.hexadecimal == "db1d3e92" && key.kind == 1)
        #expect(key.key == (try known.checkpoint.bytes("public_key_hex")))
        let note = try SignedNote(parsing: Array(try known.checkpoint.text("note").utf8))
        let line = try #require(note.signatures.first { $0.name == key.name && $0.keyID == key.keyID })
        let publicKey = try PublicKey(try #require(SubjectPublicKeyInfo(ed25519: key.key)))
        #expect(publicKey.isValidSignature(line.body, over: Array(note.text.utf8), scheme: .ed25519))
        #expect(throws: WitnessKey.Refusal.otherKind(1)) { try WitnessKey(key) }
    }

    @Test func `TL-79 the known request is reproduced byte for byte`() throws {
        let known = try Known()
        let tree = try MemoryTree(numbersBelow: 70_000)
        let old = try #require(TreeSize(65_536))
        var reader = tree.reader(size: known.text.size)
        let proof = try ConsistencyProof(from: old, to: known.text.size, reader: &reader)
        let body = AddCheckpoint.body(
            from: old, proof: proof, note: Array(try known.checkpoint.text("note").utf8))
        #expect(body == Array(try known.checkpoint.text("add_checkpoint_request_old_65536").utf8))
        let first = AddCheckpoint.body(from: .zero, proof: ConsistencyProof(path: []), note: [0x78])
        #expect(first == Array("old 0\n\nx".utf8))
    }

    @Test(
        "a key in text form is read whole or not at all",
        arguments: [
            "", "w", "w+d64ec351", "w++AAAA", "+d64ec351+BIq7", "w+D64EC351+BIq7", "w+d64ec3+BIq7", "w+d64ec351+BIq",
            "a b+d64ec351+BIq7", "w+d64ec351+BA==", "w+d64ec351+BIq7\n",
        ])
    func malformedKey(text: String) {
        #expect(VerifierKey(text) == nil)
    }

    private static let answers: [(UInt, String?, String, AddCheckpoint.Answer?)] = [
        (409, "text/x.tlog.size", "12\n", TreeSize(12).map { .otherSize($0) }),
        (409, "text/x.tlog.size", "0\n", .otherSize(.zero)),
        (409, "text/x.tlog.size", "12", nil), (409, "text/x.tlog.size", "012\n", nil),
        (409, "text/x.tlog.size", "-1\n", nil), (409, "text/x.tlog.size", "9223372036854775808\n", nil),
        (409, "text/plain", "12\n", nil), (409, nil, "12\n", nil), (409, "text/x.tlog.size", "", nil),
        (422, nil, "", .contradicted), (403, nil, "", .refused(status: 403)), (503, nil, "", .refused(status: 503)),
        (301, nil, "", .refused(status: 301)), (200, nil, "", nil), (200, nil, "\n", nil), (200, nil, "x\n", nil),
        (200, nil, "\u{2014} w AAAAAAA=", nil),
    ]

    @Test("TL-79 an answer means one thing or nothing", arguments: answers.indices)
    func answer(number: Int) {
        let (status, type, body, expected) = Self.answers[number]
        let answer = AddCheckpoint.answer(.init(status: status, contentType: type, body: Array(body.utf8)))
        if let expected {
            #expect(answer == expected)
        } else {
            guard case .malformed = answer else { Issue.record("\(answer)"); return }
        }
    }
}
