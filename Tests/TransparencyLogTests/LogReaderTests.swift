import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct LogReaderTests {
    @Test func `TL-34 ranges are cut to the tree and the page`() throws {
        let cases = try Vectors.load("get_entries_clamp").elements
        for vector in try #require(cases) {
            let isAligned = vector["align"]?.bool == true
            let (start, end) = (try vector.number("start"), try vector.number("end"))
            let (size, count) = (try vector.size("tree_size"), try vector.number("page_max"))
            if try vector.number("status") == 200 {
                let range = try LogReader.clamp(
                    from: start, through: end, size: size, maximumCount: count, isAligned: isAligned)
                #expect(range == (try vector.number("first"))..<(try vector.number("last") + 1), "\(vector)")
                #expect(range.count == Int(try vector.number("count")))
            } else {
                #expect(throws: LogReader.Refusal.self, "\(vector)") {
                    try LogReader.clamp(
                        from: start, through: end, size: size, maximumCount: count, isAligned: isAligned)
                }
            }
        }
    }

    @Test(
        "TL-11 ranges at the end of the numbers do not trap",
        arguments: [
            (0, .max, 5), (.max, .max, 5), (.max - 1, .max, .max >> 1), (0, .max, .max >> 1), (4, .max, 5),
        ] as [(UInt64, UInt64, UInt64)])
    func extremes(start: UInt64, end: UInt64, size: UInt64) throws {
        let size = try #require(TreeSize(size))
        for isAligned in [false, true] {
            let range = try? LogReader.clamp(from: start, through: end, size: size, isAligned: isAligned)
            #expect((range == nil) == (start >= size.value))
            guard let range else { continue }
            #expect(range.lowerBound == start && range.upperBound <= size.value && !range.isEmpty)
        }
    }

    @Test func `TL-35 a page begins at the start, ends at the tree's end and is never empty`() async throws {
        let log = try TestLog()
        try await log.fill(20)
        try await log.run(try await log.open()) { _, reader in
            let page = try await reader.page(from: 5, through: 1_000_000)
            #expect(page.entries.map(\.index.value) == Array(5..<20))
            #expect(page.size.value == 20)
            for entry in page.entries {
                let parsed = try TestRecord.format.parse(entry.record)
                #expect(MerkleTree.leafHash(of: parsed.leafInput) == entry.leafHash)
                for digest in parsed.attachments {
                    #expect(page.attachments[digest].map { SHA256Digest(hashing: $0) } == digest)
                }
            }
            await #expect(throws: LogReader.Refusal.startBeyondHead) { try await reader.page(from: 20, through: 20) }
            await #expect(throws: LogReader.Refusal.startAfterEnd) { try await reader.page(from: 5, through: 4) }
        }
    }

    @Test func `a page ends when it has enough bytes, and an entry that is longer comes alone`() async throws {
        let log = try TestLog()
        try await log.create()
        try await log.run(try await log.open()) { sequencer, reader in
            for number in 0..<4 {
                _ = try await sequencer.submit(.test(number, byteCount: 3 << 18))
            }
            let first = try await reader.page(from: 0, through: 3)
            #expect(first.entries.map(\.index.value) == [0, 1])
            _ = try await sequencer.submit(.test(4, byteCount: 2 << 20))
            let long = try await reader.page(from: 4, through: 4)
            #expect(long.entries.map(\.index.value) == [4])
        }
    }

    @Test func `TL-37 every leaf has a proof in every tree that holds it`() async throws {
        let log = try TestLog()
        let count = 300
        try await log.fill(count)
        try await log.run(try await log.open()) { _, reader in
            let hashes = try await reader.page(from: 0, through: 299).entries.map(\.leafHash)
            for size in [1, 2, 3, 8, 255, 256, 257, 300] {
                let treeSize = try #require(TreeSize(UInt64(size)))
                let root = MerkleTree.root(ofLeafHashes: hashes.prefix(size))
                for (position, hash) in hashes.prefix(size).enumerated() {
                    let (index, proof) = try await reader.inclusionProof(ofLeafHash: hash, in: treeSize)
                    #expect(index.value == UInt64(position))
                    #expect(proof.isValid(for: hash, at: index, in: treeSize, root: root), "\(position) in \(size)")
                }
            }
        }
    }

    @Test func `TL-37 questions without an answer are told apart`() async throws {
        let log = try TestLog()
        try await log.fill(5)
        try await log.run(try await log.open()) { _, reader in
            let last = try #require(try await reader.page(from: 4, through: 4).entries.first).leafHash
            func refusal(_ hash: SHA256Digest, _ size: UInt64) async throws -> LogReader.Refusal? {
                let size = try #require(TreeSize(size))
                return await #expect(throws: LogReader.Refusal.self) {
                    try await reader.inclusionProof(ofLeafHash: hash, in: size)
                }
            }
            #expect(try await refusal(last, 0) == .treeSizeIsZero)
            #expect(try await refusal(last, 6) == .treeSizeBeyondHead)
            #expect(try await refusal(last, 4) == .unknownLeafHash)
            #expect(try await refusal(MerkleTree.emptyRoot, 5) == .unknownLeafHash)
            // Only the index's eight bytes are equal: the rest has to be compared (3.4, "Tables").
            #expect(try await refusal(last.flipped(at: 31), 5) == .unknownLeafHash)
        }
    }

    @Test func `TL-46 nothing at or beyond the published head is revealed, though it is committed (I11)`() async throws
    {
        let log = try TestLog()
        try await log.create()
        let store = try await log.open()
        let frozen = log.publishedHead(of: store)
        let reader = LogReader(store: store, published: frozen, format: TestRecord.format)
        try await log.run(store) { sequencer, live in
            let entry = try await sequencer.submit(.test(1))
            #expect(live.checkpoint.signedTreeHead.head.size.value == 1)
            let one = try #require(TreeSize(1))
            await #expect(throws: LogReader.Refusal.startBeyondHead) { try await reader.page(from: 0, through: 0) }
            await #expect(throws: LogReader.Refusal.treeSizeBeyondHead) {
                try await reader.inclusionProof(
                    ofLeafHash: MerkleTree.leafHash(of: entry.leafInput), in: one)
            }
        }
    }
}
