package import OpenSSL

/// A proof that one tree is the beginning of another (RFC 6962 §2.1.2).
package struct ConsistencyProof: Hashable, Sendable {
    /// The hashes in the order of the standard; empty when either tree says it all.
    package let path: [SHA256Digest]

    /// A proof as somebody else made it; nothing is checked before `isValid`.
    package init(path: [SHA256Digest]) {
        self.path = path
    }

    /// Makes the proof from the tree of `old` leaves to the tree of `new` leaves (transparency-log 1.5.5).
    ///
    /// Throws `MissingHash` when `old` is the larger one, and whatever the source of the tiles throws.
    package init(from old: TreeSize, to new: TreeSize, reader: inout HashReader) throws {
        guard old <= new else { throw MissingHash() }
        guard old > .zero, old < new else {
            path = []
            return
        }
        var (low, high) = (UInt64(0), new.value)
        var path: [SHA256Digest] = []
        while old.value != high {
            let middle = low + MerkleTree.split(high - low)
            if old.value <= middle {
                path.append(try reader.root(of: middle..<high))
                high = middle
            } else {
                path.append(try reader.root(of: low..<middle))
                low = middle
            }
        }
        if low > 0 { path.append(try reader.root(of: low..<high)) }
        self.path = path.reversed()
    }

    /// Whether this proves that the tree of `old` leaves with `oldRoot` begins the tree of `new` leaves (1.5.7).
    package func isValid(
        from old: TreeSize, root oldRoot: SHA256Digest, to new: TreeSize, root newRoot: SHA256Digest
    ) -> Bool {
        guard old <= new else { return false }
        if old == new { return path.isEmpty && oldRoot == newRoot }
        if old == .zero { return path.isEmpty && oldRoot == MerkleTree.emptyRoot }
        // A perfect subtree is its own beginning, so the standard leaves it out.
        let hashes = old.value.nonzeroBitCount == 1 && !path.isEmpty ? [oldRoot] + path : path
        guard let seed = hashes.first else { return false }
        var (first, last) = (old.value - 1, new.value - 1)
        while first & 1 == 1 {
            first >>= 1
            last >>= 1
        }
        var (oldHash, newHash) = (seed, seed)
        for hash in hashes.dropFirst() {
            guard last > 0 else { return false }
            if first & 1 == 1 || first == last {
                oldHash = MerkleTree.nodeHash(hash, oldHash)
                newHash = MerkleTree.nodeHash(hash, newHash)
                while first & 1 == 0, first > 0 {
                    first >>= 1
                    last >>= 1
                }
            } else {
                newHash = MerkleTree.nodeHash(newHash, hash)
            }
            first >>= 1
            last >>= 1
        }
        return last == 0 && oldHash == oldRoot && newHash == newRoot
    }
}
