import CertificateTransparency
import Monitor
import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct LogClientTests {
    private let log: MemoryLog

    init() throws {
        let key = try PrivateKey.generate(.ellipticCurve(.p256))
        log = try MemoryLog(key: key, certificate: TestCertificates().certificate(), size: 300)
    }

    @Test("TL-21: the head is the same over both APIs, as a checkpoint too")
    func heads() async throws {
        let (tiles, plain) = (try await log.client(.tiles).head(), try await log.client(.rfc6962).head())
        #expect(tiles.head == plain.head)
        for note in [tiles.note, plain.note] {
            let checkpoint = try Checkpoint(parsing: note, origin: log.origin, key: log.key.publicKey)
            #expect(checkpoint.signedTreeHead.head == tiles.head)
        }
    }

    @Test("TL-22: a checkpoint may have lines of others, and must have the log's own")
    func checkpoints() async throws {
        let note = log.checkpoint(try log.signed())
        let other = Array("\u{2014} witness.example AAAAAAAA\n".utf8)
        for (changed, isGood) in [
            (note + other, true), (Array("x".utf8) + note, false), (note + [0], false), (Array(note.dropLast()), false),
            (Array(note.prefix { $0 != 0xE2 }) + other, false),
        ] {
            let client = LogClient(api: .tiles, origin: log.origin, key: log.key.publicKey) { _, _ in changed }
            let head = try? await client.head()
            #expect((head != nil) == isGood)
        }
    }

    @Test("TL-38: proofs from tiles lead to the root, for every position")
    func proofs() async throws {
        let client = log.client(.tiles)
        let head = try await client.head().head
        for (index, hash) in log.leafHashes.enumerated() {
            let position = try LeafIndex(UInt64(index)).required()
            let proof = try await client.proof(of: hash, at: position, in: head.size)
            #expect(proof.isValid(for: hash, at: position, in: head.size, root: head.root))
        }
    }

    @Test("the API is found by what the log has")
    func discovery() async throws {
        func found(_ paths: [String: [UInt8]]) async throws -> LogAPI {
            try await LogClient.discoverAPI { path, _ in
                guard let body = paths[path] else { throw LogClientFailure.status(path: path, code: 404) }
                return body
            }
        }
        let note = log.checkpoint(try log.signed())
        #expect(try await found(["checkpoint": note, "ct/v1/get-sth": [0x7B, 0x7D]]) == .tiles)
        #expect(try await found(["ct/v1/get-sth": [0x7B, 0x7D]]) == .rfc6962)
        #expect(try await found(["checkpoint": Array("<html>".utf8), "ct/v1/get-sth": []]) == .rfc6962)
        await #expect(throws: LogClientFailure.self) { try await found([:]) }
    }

    @Test("TL-83: the key and the name that a log says are its own")
    func describedKey() async throws {
        let info = log.key.publicKey.subjectPublicKeyInfo
        func described(_ json: JSONValue) async throws -> (key: PublicKey, origin: Origin?) {
            try await LogClient.describedKey { _, _ in JSONText(json).bytes }
        }
        let good = try await described([
            "key": .string(Base64.encode(info.der)), "submission_url": "https://log.example.test/ct/",
        ])
        #expect(good.key.subjectPublicKeyInfo == info)
        #expect(good.origin == log.origin)
        let weak = try PrivateKey.generate(.ellipticCurve(.p384)).publicKey.subjectPublicKeyInfo
        for bad: JSONValue in [[:], ["key": "AAAA"], ["key": .string(Base64.encode(weak.der))], ["key": 1]] {
            await #expect(throws: LogClientFailure.self) { try await described(bad) }
        }
    }

    @Test(
        "a base is a plain URL",
        arguments: [
            ("https://log.example.test/ct/", "https://log.example.test/ct"), ("http://h", "http://h"), ("ftp://h", nil),
            ("https://", nil), ("https://u@h/", nil), ("https://h/?q", nil), ("https://h/#f", nil),
            ("https://h h", nil),
            ("h", nil), ("https:\\\\h", nil),
        ] as [(String, String?)])
    func bases(text: String, expected: String?) {
        #expect(LogURL(text)?.text == expected)
    }

    @Test("entries are found by each of their names, the newest first", arguments: LogAPI.allCases)
    func search(api: LogAPI) async throws {
        let client = log.client(api)
        let search = EntrySearch(client, head: try await client.head().head)
        func find(_ target: EntrySearch.Target) async throws -> UInt64? {
            try await search.run(target) { _, _ in }?.entry.index
        }
        #expect(try await find(.index(17)) == 17)
        #expect(try await find(.index(300)) == nil)
        #expect(try await find(.fingerprint(log.leafHashes[3])) == 3)
        #expect(try await find(.fingerprint(log.certificate.fingerprint)) == 299)
        #expect(try await find(.serial([7])) == 299)
        #expect(try await find(.serial([8])) == nil)
    }
}
