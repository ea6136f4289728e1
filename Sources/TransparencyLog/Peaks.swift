package import OpenSSL

/// The roots of the perfect subtrees that make up a tree, largest first: enough to append and to know the root.
package struct Peaks: Hashable, Sendable {
    /// The number of leaves so far.
    package private(set) var size: TreeSize

    /// One hash per bit set in `size`, for the highest bit first.
    package private(set) var hashes: [SHA256Digest]

    /// The peaks of the tree without leaves.
    package init() {
        size = .zero
        hashes = []
    }

    /// Peaks from the concatenation of their hashes; nil unless there is one for each bit set in `size`.
    package init?(size: TreeSize, bytes: [UInt8]) {
        let count = size.value.nonzeroBitCount
        guard bytes.count == count * SHA256Digest.byteCount else { return nil }
        let hashes = (0..<count).compactMap { HashTile.hash(at: $0, in: bytes) }
        guard hashes.count == count else { return nil }
        self.size = size
        self.hashes = hashes
    }

    /// The peaks of the tree of the first leaves, as many as whole tiles of level 0 are full.
    ///
    /// They are among the peaks of the whole tree, because a full tile ends every smaller peak before it.
    package var ofFullTiles: Peaks {
        var peaks = Peaks()
        peaks.hashes = Array(hashes.prefix((size.value >> 8).nonzeroBitCount))
        peaks.size = TreeSize(size.value & ~255) ?? .zero
        return peaks
    }

    /// The concatenation of the hashes, for storage.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for hash in hashes { hash.append(to: &bytes) }
        return bytes
    }

    /// Adds one leaf at the right end; throws when there is no index left for it.
    package mutating func append(_ leafHash: SHA256Digest) throws(LogIsFull) {
        guard let index = LeafIndex(size.value) else { throw LogIsFull() }
        var merged = leafHash
        // Each trailing one bit of the old size is a peak as large as the one being built.
        for _ in 0..<(~size.value).trailingZeroBitCount {
            guard let left = hashes.popLast() else { break }
            merged = MerkleTree.nodeHash(left, merged)
        }
        hashes.append(merged)
        size = TreeSize(endingAt: index)
    }

    /// Adds a perfect subtree of 2^height leaves at the right end.
    ///
    /// Throws when the tree has no whole number of such subtrees so far, or there is no index left for its leaves.
    mutating func append(subtree root: SHA256Digest, height: Int) throws(LogIsFull) {
        let leaves = UInt64(1) << UInt64(height)
        guard size.value & (leaves - 1) == 0, let last = LeafIndex(size.value + leaves - 1) else { throw LogIsFull() }
        var merged = root
        for _ in 0..<(~(size.value >> UInt64(height))).trailingZeroBitCount {
            guard let left = hashes.popLast() else { break }
            merged = MerkleTree.nodeHash(left, merged)
        }
        hashes.append(merged)
        size = TreeSize(endingAt: last)
    }

    /// The root of the whole tree.
    package var root: SHA256Digest {
        guard var root = hashes.last else { return MerkleTree.emptyRoot }
        for peak in hashes.dropLast().reversed() { root = MerkleTree.nodeHash(peak, root) }
        return root
    }
}

/// The log has 2^40 entries: no index is left for another (Static CT API, "SCT Extension").
package struct LogIsFull: Error, Hashable, Sendable {}
