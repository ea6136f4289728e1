import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct MerkleTreeTests {
    @Test func `TL-1 the root of the empty tree is the digest of nothing`() {
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(MerkleTree.emptyRoot.hex == expected)
        #expect(Peaks().root == MerkleTree.emptyRoot)
        #expect(TreeEdge().root == MerkleTree.emptyRoot)
        #expect(MerkleTree.root(ofLeafHashes: []) == MerkleTree.emptyRoot)
    }

    @Test func `TL-2 leaves and nodes are hashed with different prefixes`() throws {
        let vectors = try Vectors.load("merkle_small")
        let leaves = try vectors.array("leaves_hex").compactMap { $0.string }.compactMap { [UInt8](hexadecimal: $0) }
        let hashes = leaves.map { MerkleTree.leafHash(of: $0) }
        #expect(hashes == (try vectors.digests("leaf_hashes_hex")))
        let disguised = MerkleTree.leafHash(of: [1] + hashes[0].bytes + hashes[1].bytes)
        #expect(disguised != MerkleTree.nodeHash(hashes[0], hashes[1]))
    }

    @Test func `TL-3 the small tree has the known root at every size`() throws {
        let vectors = try Vectors.load("merkle_small")
        let hashes = try vectors.digests("leaf_hashes_hex")
        for (size, root) in try vectors.digests("roots_hex_by_size").enumerated() {
            let tree = try MemoryTree(leafHashes: Array(hashes.prefix(size)))
            #expect(tree.peaks.root == root, "size \(size)")
            #expect(tree.edge.root == root, "size \(size)")
            #expect(MerkleTree.root(ofLeafHashes: hashes.prefix(size)) == root, "size \(size)")
        }
    }

    @Test func `TL-4 peaks, edge and recursion agree with all known roots up to 70,000 leaves`() throws {
        let vectors = try Vectors.load("merkle_be64")
        var tree = try MemoryTree()
        for vector in try vectors.array("roots") {
            let (size, root) = (try vector.number("size"), try vector.digest("root_hex"))
            let new = (UInt64(tree.leafHashes.count)..<size).map { MerkleTree.leafHash(of: BigEndian.bytes($0)) }
            try tree.append(new)
            #expect(tree.peaks.root == root, "size \(size)")
            #expect(tree.edge.root == root, "size \(size)")
            if size <= 1000 || size == 70_000 {
                #expect(MerkleTree.root(ofLeafHashes: tree.leafHashes) == root, "size \(size)")
            }
            #expect(Base64.encode(root.bytes) == (try vector.text("root_b64")))
        }
        #expect(tree.leafHashes.count == 70_000)
    }

    @Test func `TL-5 the peaks are the known ones and survive storage`() throws {
        for vector in try Vectors.load("merkle_be64").array("frontiers") {
            let size = try vector.size("size")
            let tree = try MemoryTree(numbersBelow: size.value)
            #expect(tree.peaks.hashes == (try vector.digests("peaks_hex_left_to_right")), "size \(size.value)")
            #expect(Peaks(size: size, bytes: tree.peaks.bytes) == tree.peaks)
            #expect(Peaks(size: size, bytes: tree.peaks.bytes + [0]) == nil)
            #expect(Peaks(size: size, bytes: tree.peaks.bytes + MerkleTree.emptyRoot.bytes) == nil)
        }
    }

    @Test func `an edge read back from tiles continues as if it had never stopped`() throws {
        for size: UInt64 in [0, 1, 255, 256, 257, 512, 700, 65_536, 65_537] {
            let tree = try MemoryTree(numbersBelow: size)
            let stored = try TreeEdge(size: tree.edge.size) { tree.tile(level: $0, index: $1) }
            #expect(stored == tree.edge, "size \(size)")
        }
    }

    @Test func `an edge that a tile is missing from is refused`() throws {
        let tree = try MemoryTree(numbersBelow: 300)
        #expect(throws: MissingHash.self) { try TreeEdge(size: tree.edge.size) { _, _ in [] } }
    }

    @Test(
        "TL-11 the split never overflows",
        arguments: [
            (0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 4), (1 << 40, 1 << 39), (1 << 63, 1 << 62),
            (UInt64.max, 1 << 63),
        ] as [(UInt64, UInt64)])
    func split(count: UInt64, expected: UInt64) {
        #expect(MerkleTree.split(count) == expected)
    }

    @Test("a position fits in 40 bits", arguments: [(0, true), ((1 << 40) - 1, true), (1 << 40, false)])
    func leafIndex(value: UInt64, isValid: Bool) {
        #expect((LeafIndex(value) != nil) == isValid)
    }

    @Test("a size fits in 63 bits", arguments: [(0, true), ((1 << 63) - 1, true), (1 << 63, false)])
    func treeSize(value: UInt64, isValid: Bool) {
        #expect((TreeSize(value) != nil) == isValid)
    }
}
