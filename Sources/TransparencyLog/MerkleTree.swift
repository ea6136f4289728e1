package import OpenSSL

/// The hashes of a Merkle tree (RFC 6962 §2.1).
package enum MerkleTree {
    /// The root of the tree without leaves: the digest of nothing.
    package static let emptyRoot = SHA256Digest(hashing: [])

    /// The hash of a leaf: H(0x00 || content).
    package static func leafHash(of content: [UInt8]) -> SHA256Digest {
        SHA256Digest.hashing(prefix: 0, content)
    }

    /// The hash of a node: H(0x01 || left || right).
    package static func nodeHash(_ left: SHA256Digest, _ right: SHA256Digest) -> SHA256Digest {
        SHA256Digest.hashing(prefix: 1, left, right)
    }

    /// The root over leaf hashes, by recursion as the standard defines it.
    ///
    /// Shares nothing with `Peaks` but the node hash, so that one checks the other (I7).
    package static func root(ofLeafHashes hashes: some RandomAccessCollection<SHA256Digest>) -> SHA256Digest {
        switch hashes.count {
        case 0: return emptyRoot
        case 1: return hashes.first ?? emptyRoot
        default:
            let middle = hashes.index(hashes.startIndex, offsetBy: Int(split(UInt64(hashes.count))))
            return nodeHash(root(ofLeafHashes: hashes[..<middle]), root(ofLeafHashes: hashes[middle...]))
        }
    }

    /// The largest power of two below `count`; 0 when `count` is below 2.
    package static func split(_ count: UInt64) -> UInt64 {
        guard count > 1 else { return 0 }
        return 1 << UInt64(63 - (count - 1).leadingZeroBitCount)
    }
}
