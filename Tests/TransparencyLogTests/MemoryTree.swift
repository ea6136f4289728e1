import OpenSSL
import TransparencyLog

/// A tree in memory that keeps what a store would keep.
struct MemoryTree {
    private(set) var leafHashes: [SHA256Digest] = []
    private(set) var peaks = Peaks()
    private(set) var edge = TreeEdge()
    private var tiles: [[UInt64]: [UInt8]] = [:]

    init(leafHashes: [SHA256Digest] = []) throws { try append(leafHashes) }

    /// The tree whose leaf i is the eight bytes of i.
    init(numbersBelow count: UInt64) throws {
        try self.init(leafHashes: (0..<count).map { MerkleTree.leafHash(of: BigEndian.bytes($0)) })
    }

    mutating func append(_ new: [SHA256Digest]) throws {
        leafHashes += new
        for hash in new { try peaks.append(hash) }
        for tile in try edge.append(new) { tiles[[UInt64(tile.level), tile.index]] = tile.bytes }
    }

    func tile(level: Int, index: UInt64) -> [UInt8] {
        tiles[[UInt64(level), index]] ?? edge.tile(level: level, index: index)
    }

    func reader(size: TreeSize) -> HashReader {
        HashReader(size: size) { tile(level: $0, index: $1) }
    }

    func root(size: TreeSize) throws -> SHA256Digest {
        guard size > .zero else { return MerkleTree.emptyRoot }
        var reader = reader(size: size)
        return try reader.root(of: 0..<size.value)
    }
}

/// Repeatable random numbers (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
