import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct ProofTests {
    /// A tree for a group of vectors, large enough for all of them.
    private func tree(_ group: String) throws -> MemoryTree {
        guard group == "merkle_small" else { return try MemoryTree(numbersBelow: 70_000) }
        return try MemoryTree(leafHashes: try Vectors.load("merkle_small").digests("leaf_hashes_hex"))
    }

    @Test("TL-6 inclusion proofs are made byte for byte and verify", arguments: ["merkle_small", "merkle_be64"])
    func inclusion(group: String) throws {
        let tree = try tree(group)
        for vector in try Vectors.load(group).array("inclusion") {
            let (index, size) = (try vector.index("index"), try vector.size("size"))
            var reader = tree.reader(size: size)
            let proof = try InclusionProof(of: index, in: size, reader: &reader)
            #expect(proof.path == (try vector.digests("proof_hex")), "\(index) in \(size)")
            let (leaf, root) = (tree.leafHashes[Int(index.value)], try tree.root(size: size))
            #expect(proof.isValid(for: leaf, at: index, in: size, root: root), "\(index) in \(size)")
        }
    }

    @Test("TL-7 consistency proofs are made byte for byte and verify", arguments: ["merkle_small", "merkle_be64"])
    func consistency(group: String) throws {
        let tree = try tree(group)
        for vector in try Vectors.load(group).array("consistency") {
            let (old, new) = (try vector.size("old"), try vector.size("new"))
            var reader = tree.reader(size: new)
            let proof = try ConsistencyProof(from: old, to: new, reader: &reader)
            #expect(proof.path == (try vector.digests("proof_hex")), "\(old) to \(new)")
            let (oldRoot, newRoot) = (try tree.root(size: old), try tree.root(size: new))
            #expect(proof.isValid(from: old, root: oldRoot, to: new, root: newRoot), "\(old) to \(new)")
        }
    }

    @Test func `TL-8 every proof that must fail fails`() throws {
        let tree = try MemoryTree(numbersBelow: 16)
        let cases = try Vectors.load("merkle_be64").array("must_fail")
        #expect(cases.count == 11)
        for vector in cases {
            let (why, path) = (try vector.text("why"), try vector.digests("proof_hex"))
            if try vector.text("kind") == "inclusion" {
                let (index, size) = (try vector.index("index"), try vector.size("size"))
                let leaf = tree.leafHashes[Int(index.value)]
                let isValid = InclusionProof(path: path).isValid(
                    for: leaf, at: index, in: size, root: try tree.root(size: size))
                #expect(!isValid, "\(why)")
            } else {
                let (old, new) = (try vector.size("old"), try vector.size("new"))
                let isValid = ConsistencyProof(path: path).isValid(
                    from: old, root: try tree.root(size: old), to: new, root: try tree.root(size: new))
                #expect(!isValid, "\(why)")
            }
        }
    }

    @Test("TL-9 proofs from tiles equal proofs from leaves", arguments: [1, 2, 3, 4] as [UInt64])
    func proofsFromTiles(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        let count = UInt64.random(in: 1...2000, using: &generator)
        let tree = try MemoryTree(numbersBelow: count)
        var leaves = LeafTree(leafHashes: tree.leafHashes)
        let size = try #require(TreeSize(count))
        var reader = tree.reader(size: size)
        for value in 0..<count {
            let index = try #require(LeafIndex(value))
            let proof = try InclusionProof(of: index, in: size, reader: &reader)
            #expect(proof.path == leaves.path(Int(value), 0, Int(count)), "\(value) in \(count)")
            let old = try #require(TreeSize(value))
            let expected = value == 0 ? [] : leaves.consistency(Int(value), 0, Int(count), true)
            #expect(try ConsistencyProof(from: old, to: size, reader: &reader).path == expected, "\(value) to \(count)")
        }
    }

    @Test func `TL-10 no single changed byte goes unnoticed`() throws {
        let tree = try MemoryTree(numbersBelow: 13)
        let size = try #require(TreeSize(13))
        let root = try tree.root(size: size)
        var reader = tree.reader(size: size)
        for value: UInt64 in 0..<13 {
            let index = try #require(LeafIndex(value))
            let (leaf, proof) = (
                tree.leafHashes[Int(value)], try InclusionProof(of: index, in: size, reader: &reader)
            )
            for position in 0..<32 {
                #expect(!proof.isValid(for: leaf.flipped(at: position), at: index, in: size, root: root))
                #expect(!proof.isValid(for: leaf, at: index, in: size, root: root.flipped(at: position)))
                for step in proof.path.indices {
                    var path = proof.path
                    path[step] = path[step].flipped(at: position)
                    #expect(!InclusionProof(path: path).isValid(for: leaf, at: index, in: size, root: root))
                }
            }
            for other: UInt64 in 0..<13 where other != value {
                let wrong = try #require(LeafIndex(other))
                #expect(!proof.isValid(for: leaf, at: wrong, in: size, root: root), "\(value) as \(other)")
            }
        }
    }

    @Test func `TL-10 no single changed byte of a consistency proof goes unnoticed`() throws {
        let tree = try MemoryTree(numbersBelow: 13)
        let new = try #require(TreeSize(13))
        let newRoot = try tree.root(size: new)
        var reader = tree.reader(size: new)
        for value: UInt64 in 1..<13 {
            let old = try #require(TreeSize(value))
            let (oldRoot, proof) = (
                try tree.root(size: old), try ConsistencyProof(from: old, to: new, reader: &reader)
            )
            for position in 0..<32 {
                let flippedOld = oldRoot.flipped(at: position)
                #expect(!proof.isValid(from: old, root: flippedOld, to: new, root: newRoot))
                #expect(!proof.isValid(from: old, root: oldRoot, to: new, root: newRoot.flipped(at: position)))
                for step in proof.path.indices {
                    var path = proof.path
                    path[step] = path[step].flipped(at: position)
                    #expect(!ConsistencyProof(path: path).isValid(from: old, root: oldRoot, to: new, root: newRoot))
                }
            }
        }
    }

    @Test(
        "TL-11 absurd sizes and indices are rejected and neither loop nor trap",
        arguments: [
            (1 << 40) - 1, 1 << 40, (1 << 40) + 1, (1 << 62) + 1, 1 << 62, (1 << 63) - 1,
        ] as [UInt64])
    func absurdSizes(value: UInt64) throws {
        let size = try #require(TreeSize(value))
        let hash = MerkleTree.emptyRoot
        for count in [0, 1, 40, 62, 63, 64, 200] {
            let path = [SHA256Digest](repeating: hash, count: count)
            for index in [0, 1, (1 << 40) - 1].compactMap({ LeafIndex($0) }) {
                #expect(!InclusionProof(path: path).isValid(for: hash, at: index, in: size, root: hash))
            }
            for old in [1, 2, value / 2, value - 1].compactMap({ TreeSize($0) }) {
                #expect(!ConsistencyProof(path: path).isValid(from: old, root: hash, to: size, root: hash))
            }
        }
        let empty = try MemoryTree(numbersBelow: 3)
        var reader = empty.reader(size: size)
        let index = try #require(LeafIndex(2))
        #expect(throws: MissingHash.self) { try InclusionProof(of: index, in: size, reader: &reader) }
        let old = try #require(TreeSize(2))
        #expect(throws: MissingHash.self) { try ConsistencyProof(from: old, to: size, reader: &reader) }
    }
}

extension SHA256Digest {
    /// The digest with one bit of a byte changed.
    func flipped(at position: Int) -> SHA256Digest {
        var bytes = bytes
        bytes[position] ^= 1
        return SHA256Digest(bytes) ?? self
    }
}

/// Proofs as RFC 6962 §2.1 defines them by recursion over leaves, with every subtree hashed once.
private struct LeafTree {
    let leafHashes: [SHA256Digest]
    private var roots: [Range<Int>: SHA256Digest] = [:]

    init(leafHashes: [SHA256Digest]) { self.leafHashes = leafHashes }

    mutating func root(_ low: Int, _ high: Int) -> SHA256Digest {
        if high - low == 1 { return leafHashes[low] }
        if let known = roots[low..<high] { return known }
        let middle = low + split(high - low)
        let root = MerkleTree.nodeHash(root(low, middle), root(middle, high))
        roots[low..<high] = root
        return root
    }

    mutating func path(_ index: Int, _ low: Int, _ high: Int) -> [SHA256Digest] {
        guard high - low > 1 else { return [] }
        let middle = low + split(high - low)
        if index < middle - low { return path(index, low, middle) + [root(middle, high)] }
        return path(index - (middle - low), middle, high) + [root(low, middle)]
    }

    mutating func consistency(_ count: Int, _ low: Int, _ high: Int, _ isWhole: Bool) -> [SHA256Digest] {
        if count == high - low { return isWhole ? [] : [root(low, high)] }
        let middle = low + split(high - low)
        if count <= middle - low { return consistency(count, low, middle, isWhole) + [root(middle, high)] }
        return consistency(count - (middle - low), middle, high, false) + [root(low, middle)]
    }

    private func split(_ count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }
}
