package import OpenSSL

/// A proof that a leaf is in a tree: the siblings on its way to the root (RFC 6962 §2.1.1).
package struct InclusionProof: Hashable, Sendable {
    /// From the leaf's sibling upwards.
    package let path: [SHA256Digest]

    /// A proof as somebody else made it; nothing is checked before `isValid`.
    package init(path: [SHA256Digest]) {
        self.path = path
    }

    /// Makes the proof for the leaf at `index` in the tree with `size` leaves (transparency-log 1.5.4).
    ///
    /// Throws `MissingHash` when the leaf is not in that tree, and whatever the source of the tiles throws.
    package init(of index: LeafIndex, in size: TreeSize, reader: inout HashReader) throws {
        guard index.value < size.value else { throw MissingHash() }
        var (low, high) = (UInt64(0), size.value)
        var path: [SHA256Digest] = []
        while high - low > 1 {
            let middle = low + MerkleTree.split(high - low)
            if index.value < middle {
                path.append(try reader.root(of: middle..<high))
                high = middle
            } else {
                path.append(try reader.root(of: low..<middle))
                low = middle
            }
        }
        self.path = path.reversed()
    }

    /// Whether this proves that `leafHash` is at `index` in the tree of `size` leaves with this root (1.5.6).
    package func isValid(
        for leafHash: SHA256Digest, at index: LeafIndex, in size: TreeSize, root: SHA256Digest
    ) -> Bool {
        guard index.value < size.value else { return false }
        var (first, last) = (index.value, size.value - 1)
        var hash = leafHash
        for sibling in path {
            guard last > 0 else { return false }
            if first & 1 == 1 || first == last {
                hash = MerkleTree.nodeHash(sibling, hash)
                while first & 1 == 0, first > 0 {
                    first >>= 1
                    last >>= 1
                }
            } else {
                hash = MerkleTree.nodeHash(hash, sibling)
            }
            first >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }
}
