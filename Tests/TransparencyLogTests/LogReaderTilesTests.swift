import OpenSSL
import Testing
import TransparencyLog

@Suite struct LogReaderTilesTests {
    private static func bytes(_ content: Tile.Content, _ index: UInt64, _ width: Int, _ reader: LogReader) async throws
        -> [UInt8]
    {
        try await reader.bytes(of: try #require(Tile(content, index: index, width: width)))
    }

    @Test func `TL-14 TL-16 tiles are those of the tree over the records, at every published size`() async throws {
        let log = try TestLog()
        try await log.fill(600)
        try await log.run(try await log.open()) { _, reader in
            let entries = try await reader.page(from: 0, through: 599).entries
            let tree = try MemoryTree(leafHashes: entries.map(\.leafHash))
            let places: [(Int, UInt64, Int)] = [(0, 0, 256), (0, 1, 256), (0, 2, 88), (1, 0, 2)]
            for (level, index, width) in places {
                let served = try await Self.bytes(.hashes(level: level), index, width, reader)
                #expect(served == tree.tile(level: level, index: index), "tile \(index) of level \(level)")
                for part in [1, width / 2, width - 1] where part > 0 {
                    #expect(
                        try await Self.bytes(.hashes(level: level), index, part, reader)
                            == Array(served.prefix(32 * part)))
                }
            }
            for (index, width) in [(0, 256), (1, 256), (2, 88), (2, 3)] as [(UInt64, Int)] {
                let first = Int(index) * 256
                #expect(
                    try await Self.bytes(.data, index, width, reader)
                        == entries[first..<(first + width)].flatMap(\.record))
            }
        }
    }

    @Test func `TL-15 TL-46 what the published head does not cover is refused, though it is committed`() async throws {
        let log = try TestLog()
        try await log.fill(300)
        let store = try await log.open()
        let old = LogReader(store: store, published: log.publishedHead(of: store), format: TestRecord.format)
        try await log.run(store) { sequencer, live in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 300..<520 {
                    group.addTask { _ = try await sequencer.submit(.test(number)) }
                }
                try await group.waitForAll()
            }
            #expect(live.checkpoint.signedTreeHead.head.size.value == 520)
            let committed: [(Tile.Content, UInt64, Int)] = [
                (.hashes(level: 0), 1, 45), (.hashes(level: 0), 1, 256), (.hashes(level: 0), 2, 1), (.data, 1, 45),
                (.data, 1, 256), (.hashes(level: 1), 0, 2),
            ]
            for (content, index, width) in committed {
                await #expect(throws: LogReader.Refusal.tileBeyondHead) {
                    try await Self.bytes(content, index, width, old)
                }
                let served = try await Self.bytes(content, index, width, live)
                #expect(!served.isEmpty)
            }
            #expect(try await Self.bytes(.hashes(level: 0), 1, 44, old).count == 44 * 32)
            let two = try #require(TreeSize(520))
            await #expect(throws: LogReader.Refusal.treeSizeBeyondHead) {
                try await old.consistencyProof(from: .zero, to: two)
            }
            await #expect(throws: LogReader.Refusal.treeSizeBeyondHead) {
                try await old.entryAndProof(at: 400, in: two)
            }
        }
    }

    @Test func `TL-36 consistency between sizes of the tree, and the questions that have no answer`() async throws {
        let log = try TestLog()
        try await log.fill(300)
        try await log.run(try await log.open()) { _, reader in
            let hashes = try await reader.page(from: 0, through: 299).entries.map(\.leafHash)
            for (first, second) in [(0, 0), (0, 300), (1, 300), (255, 256), (256, 257), (7, 7), (128, 300)] {
                let (old, new) = (
                    try #require(TreeSize(UInt64(first))), try #require(TreeSize(UInt64(second)))
                )
                let proof = try await reader.consistencyProof(from: old, to: new)
                #expect(
                    proof.isValid(
                        from: old, root: MerkleTree.root(ofLeafHashes: hashes.prefix(first)), to: new,
                        root: MerkleTree.root(ofLeafHashes: hashes.prefix(second))), "\(first) to \(second)")
            }
            let (five, four) = (try #require(TreeSize(5)), try #require(TreeSize(4)))
            await #expect(throws: LogReader.Refusal.firstAfterSecond) {
                try await reader.consistencyProof(from: five, to: four)
            }
        }
    }

    @Test func `TL-38 an entry with its proof is the entry of the page with the proof of its hash`() async throws {
        let log = try TestLog()
        try await log.fill(40)
        try await log.run(try await log.open()) { _, reader in
            let all = try await reader.page(from: 0, through: 39)
            for (index, size) in [(0, 1), (0, 40), (17, 18), (17, 33), (39, 40)] as [(UInt64, UInt64)] {
                let treeSize = try #require(TreeSize(size))
                let (page, proof) = try await reader.entryAndProof(at: index, in: treeSize)
                let entry = all.entries[Int(index)]
                #expect(page.entries == [entry])
                #expect(page.attachments.count == 1)
                #expect(try await reader.inclusionProof(ofLeafHash: entry.leafHash, in: treeSize).proof == proof)
            }
            await #expect(throws: LogReader.Refusal.treeSizeIsZero) { try await reader.entryAndProof(at: 0, in: .zero) }
            let ten = try #require(TreeSize(10))
            await #expect(throws: LogReader.Refusal.indexBeyondTree) { try await reader.entryAndProof(at: 10, in: ten) }
        }
    }

    @Test func `a hole among the records is our failure and not a shorter tile`() async throws {
        let log = try TestLog()
        try await log.fill(600)
        let store = try await log.open()
        try log.tamper("DELETE FROM entry WHERE idx = 10")
        try await log.run(store) { _, reader in
            await #expect(throws: MissingHash.self) { try await Self.bytes(.data, 0, 256, reader) }
            let next = try await Self.bytes(.data, 1, 256, reader)
            #expect(!next.isEmpty)
        }
    }
}
