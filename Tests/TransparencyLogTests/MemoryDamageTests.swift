import OpenSSL
import Testing

@testable import TransparencyLog

/// TL-61: a bit that flips in memory between any two steps is not signed.
@Suite struct MemoryDamageTests {
    /// Where the bit flips.
    enum Place: String, CaseIterable, Sendable {
        case record, leafInput, peaks, edge, oldRoot
    }

    private func state(_ count: Int, peaks: Peaks? = nil, edge: TreeEdge? = nil, root: SHA256Digest? = nil) async throws
        -> LogState
    {
        let key = LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256)))
        let hashes = (0..<count).map { MerkleTree.leafHash(of: [UInt8($0)]) }
        var (sound, soundEdge) = (Peaks(), TreeEdge())
        for hash in hashes { try sound.append(hash) }
        _ = try soundEdge.append(hashes)
        let head = TreeHead(size: sound.size, root: root ?? sound.root, timestamp: Timestamp(milliseconds: 1))
        let signed = try await SignedTreeHead.signing(head, with: key)
        return LogState(epoch: 1, signedTreeHead: signed, peaks: peaks ?? sound, edge: edge ?? soundEdge)
    }

    private static func flipped(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        if !bytes.isEmpty { bytes[bytes.count / 2] ^= 4 }
        return bytes
    }

    @Test("TL-61 R-18 no head is made of what does not follow from what will be stored (I7)", arguments: Place.allCases)
    func flips(place: Place) async throws {
        let sound = try await state(5)
        let honest = Submission.test(1)
        var (base, submission) = (sound, honest)
        switch place {
        case .record, .leafInput:
            submission = Submission(identity: honest.identity, attachments: honest.attachments) { index, timestamp in
                let record = try honest.record(index, timestamp)
                return Submission.Record(
                    bytes: place == .record ? Self.flipped(record.bytes) : record.bytes,
                    leafInput: place == .leafInput ? Self.flipped(record.leafInput) : record.leafInput)
            }
        case .peaks:
            let peaks = Peaks(size: sound.peaks.size, bytes: Self.flipped(sound.peaks.bytes))
            base = try await state(5, peaks: peaks, root: sound.signedTreeHead.head.root)
        case .edge:
            let bytes = Self.flipped(sound.edge.tile(level: 0, index: 0))
            base = try await state(5, edge: try TreeEdge(size: sound.peaks.size) { _, _ in bytes })
        case .oldRoot:
            let root = SHA256Digest(Self.flipped(sound.signedTreeHead.head.root.bytes))
            base = try await state(5, root: root)
        }
        let later = Timestamp(milliseconds: 2)
        _ = try BatchBuilder(base: sound, format: TestRecord.format).build([honest], timestamp: later)
        #expect(throws: (any Error).self) {
            try BatchBuilder(base: base, format: TestRecord.format).build([submission], timestamp: later)
        }
    }

    @Test(
        "TL-61 R-18 what the database holds is compared before it is committed",
        arguments: [
            "entry WHEN new.idx = 2 BEGIN UPDATE entry SET leaf = CAST(x'FF' || substr(new.leaf, 2) AS BLOB)",
            "entry WHEN new.idx = 2 BEGIN UPDATE entry SET leaf_hash = zeroblob(32)",
        ])
    func readBack(trigger: String) async throws {
        let log = try TestLog()
        try await log.fill(2)
        // What a bit flip between the last check and the pages would do, as far as anybody can tell afterwards.
        try log.tamper("CREATE TRIGGER flip AFTER INSERT ON \(trigger) WHERE idx = new.idx; END")
        let store = try await log.open()
        let outcome: (any Error)?
        do {
            try await log.run(store) { sequencer, _ in
                do {
                    _ = try await sequencer.submit(.test(2))
                    Issue.record("an entry was accepted that is stored with other bytes")
                } catch {}
            }
            outcome = nil
        } catch { outcome = error }
        #expect(outcome != nil)
        await store.abandon()
        try log.tamper("DROP TRIGGER flip")
        #expect(try await log.inspect().head.size.value == 2)
        try await log.fill(1, from: 2)
        #expect(try await log.inspect().head.size.value == 3)
    }

    /// A key whose signatures have a flipped bit.
    private struct FaultyKey: SigningKey {
        let key: LocalSigningKey
        var publicKey: PublicKey { key.publicKey }
        var scheme: SignatureScheme { key.scheme }
        func signature(over message: [UInt8]) async throws -> [UInt8] {
            MemoryDamageTests.flipped(try await key.signature(over: message))
        }
    }

    @Test func `TL-61 a signature that does not verify ends the process and commits nothing`() async throws {
        let log = try TestLog()
        try await log.fill(2)
        let store = try await log.open()
        let sequencer = Sequencer(
            store: store, description: log.description, key: FaultyKey(key: log.key), format: TestRecord.format,
            published: log.publishedHead(of: store), clock: { log.clock.now }, logger: .silent)
        await #expect(throws: UnusableLogKey.self) { try await sequencer.run() }
        let reopened = try await log.open()
        #expect(reopened.initialState.signedTreeHead == store.initialState.signedTreeHead)
        try await reopened.close()
    }
}
