package import OpenSSL

/// The unfinished tiles at the right end of a tree, one for each level.
package struct TreeEdge: Hashable, Sendable {
    /// A tile that a batch has made or widened.
    package struct ChangedTile: Hashable, Sendable {
        /// The level of the tree, 0 being the leaves.
        package let level: Int
        /// The position among the tiles of its level.
        package let index: UInt64
        /// All the hashes of the tile so far.
        package let bytes: [UInt8]

        /// A tile to write.
        package init(level: Int, index: UInt64, bytes: [UInt8]) {
            self.level = level
            self.index = index
            self.bytes = bytes
        }
    }

    /// The bytes of the unfinished tile of each level, level 0 first; a level is empty right after a tile is full.
    package private(set) var levels: [[UInt8]]

    /// The number of leaves.
    package private(set) var size: TreeSize

    /// The edge of the tree without leaves.
    package init() {
        levels = []
        size = .zero
    }

    /// The edge of a tree from stored tiles; throws when a tile is shorter than the size demands.
    ///
    /// Stored tiles may be wider than `size` needs; what lies beyond is left out.
    package init(size: TreeSize, source: HashReader.TileSource) throws {
        self.size = size
        levels = []
        var hashes = size.value
        while hashes > 0 {
            let width = Int(hashes & 255) * SHA256Digest.byteCount
            let bytes = width == 0 ? [] : try source(levels.count, hashes >> 8)
            guard bytes.count >= width else { throw MissingHash() }
            levels.append(Array(bytes.prefix(width)))
            hashes >>= 8
        }
    }

    /// Adds leaves at the right end and answers the tiles to write.
    ///
    /// Level 0 is written when a tile is full, higher levels whenever they grow (transparency-log 3.4, "Tables").
    package mutating func append(_ leafHashes: [SHA256Digest]) throws(LogIsFull) -> [ChangedTile] {
        var changed: [Int: [UInt64: [UInt8]]] = [:]
        for hash in leafHashes {
            guard let index = LeafIndex(size.value) else { throw LogIsFull() }
            size = TreeSize(endingAt: index)
            add(hash, level: 0, changed: &changed)
        }
        return changed.flatMap { level, tiles in
            tiles.map { ChangedTile(level: level, index: $0.key, bytes: $0.value) }
        }.sorted { ($0.level, $0.index) < ($1.level, $1.index) }
    }

    /// Six levels are enough for 2^40 leaves, which bounds the recursion.
    private mutating func add(_ hash: SHA256Digest, level: Int, changed: inout [Int: [UInt64: [UInt8]]]) {
        if level == levels.count { levels.append([]) }
        hash.append(to: &levels[level])
        let bytes = levels[level]
        let isFull = bytes.count == HashTile.byteCount
        // The tile that holds the last complete subtree of this level.
        let index = ((size.value >> UInt64(8 * level)) - 1) >> 8
        if level > 0 || isFull { changed[level, default: [:]][index] = bytes }
        guard isFull else { return }
        levels[level] = []
        add(MerkleTree.root(ofLeafHashes: HashTile.hashes(in: bytes)), level: level + 1, changed: &changed)
    }

    /// The root of the whole tree, level by level from the right: the second way to compute it (I7).
    ///
    /// Shares no state with `Peaks`: each level's hashes are whole subtrees, so the tree over all of them is a chain of
    /// perfect subtrees that get larger to the left.
    package var root: SHA256Digest {
        var root: SHA256Digest?
        for bytes in levels {
            var hashes = HashTile.hashes(in: bytes)[...]
            // A perfect subtree of 2^k hashes of this level for each bit set in the width, smallest at the right.
            while !hashes.isEmpty {
                let subtree = hashes.suffix(1 << hashes.count.trailingZeroBitCount)
                hashes = hashes.dropLast(subtree.count)
                let left = MerkleTree.root(ofLeafHashes: subtree)
                root = root.map { MerkleTree.nodeHash(left, $0) } ?? left
            }
        }
        return root ?? MerkleTree.emptyRoot
    }

    /// The bytes of the unfinished tile at a level and index; empty for any other.
    package func tile(level: Int, index: UInt64) -> [UInt8] {
        guard levels.indices.contains(level), index == (size.value >> UInt64(8 * level)) >> 8 else { return [] }
        return levels[level]
    }
}
