package import OpenSSL

/// Answers the root of any range of leaves from stored tiles (transparency-log 1.5.3).
///
/// Reads each tile once. It believes what it reads: whoever uses the answer verifies it.
package struct HashReader {
    /// The bytes of the tile of hashes at a level and index, as wide as it is known; throws when there is none.
    package typealias TileSource = (_ level: Int, _ index: UInt64) throws -> [UInt8]

    private let size: TreeSize
    private let source: TileSource
    private var tiles: [Place: [UInt8]] = [:]

    private struct Place: Hashable {
        let level: Int
        let index: UInt64
    }

    /// A reader of a tree with `size` leaves.
    package init(size: TreeSize, source: @escaping TileSource) {
        self.size = size
        self.source = source
    }

    /// The root over the leaves from `range.lowerBound` to before `range.upperBound`.
    ///
    /// Throws when the range is empty, reaches beyond the tree, or needs a hash that its tile does not have.
    package mutating func root(of range: Range<UInt64>) throws -> SHA256Digest {
        guard !range.isEmpty, range.upperBound <= size.value else { throw MissingHash() }
        let count = range.upperBound - range.lowerBound
        let height = count.trailingZeroBitCount
        if count.nonzeroBitCount == 1, range.lowerBound & (count - 1) == 0 {
            return try node(height: height, index: range.lowerBound >> UInt64(height))
        }
        let middle = range.lowerBound + MerkleTree.split(count)
        return MerkleTree.nodeHash(
            try root(of: range.lowerBound..<middle), try root(of: middle..<range.upperBound))
    }

    /// The node over 2^height leaves: 2^(height mod 8) neighbouring hashes of one tile, folded.
    private mutating func node(height: Int, index: UInt64) throws -> SHA256Digest {
        let (level, foldings) = (height / 8, UInt64(height % 8))
        let first = index << foldings
        let bytes = try tile(Place(level: level, index: first >> 8))
        let start = Int(first & 255)
        let hashes = (start..<(start + Int(1) << foldings)).compactMap { HashTile.hash(at: $0, in: bytes) }
        guard hashes.count == 1 << foldings else { throw MissingHash() }
        return MerkleTree.root(ofLeafHashes: hashes)
    }

    private mutating func tile(_ place: Place) throws -> [UInt8] {
        if let known = tiles[place] { return known }
        let bytes = try source(place.level, place.index)
        tiles[place] = bytes
        return bytes
    }
}

/// A hash that a proof needs is not where it should be.
package struct MissingHash: Error, Hashable, Sendable {
    /// The only value.
    package init() {}
}
