import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct HashTileTests {
    @Test func `TL-14 the tiles of the tree of 70,000 have the known digests`() throws {
        let tree = try MemoryTree(numbersBelow: 70_000)
        for vector in try Vectors.load("tiles").array("tree_be64_size_70000") {
            let (level, index) = (Int(try vector.number("level")), try vector.number("index"))
            let bytes = Array(tree.tile(level: level, index: index).prefix(Int(try vector.number("width")) * 32))
            #expect(bytes.count == Int(try vector.number("bytes")))
            #expect(SHA256Digest(hashing: bytes) == (try vector.digest("sha256_hex")), "\(index) at level \(level)")
        }
    }

    @Test func `TL-16 checkpoint and tiles reproduce the root of 1,000 successive trees`() throws {
        var tree = try MemoryTree()
        for value: UInt64 in 0..<1000 {
            try tree.append([MerkleTree.leafHash(of: BigEndian.bytes(value))])
            let size = try #require(TreeSize(value + 1))
            #expect(try tree.root(size: size) == tree.peaks.root, "size \(size.value)")
        }
    }
}
