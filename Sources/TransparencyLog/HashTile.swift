package import OpenSSL

/// The bytes of a tile of hashes: up to 256 of them, one after the other.
package enum HashTile {
    /// Hashes in a full tile.
    package static let width = 256

    /// Bytes of a full tile.
    package static let byteCount = width * SHA256Digest.byteCount

    /// The hash at a position; nil when the bytes end before it.
    package static func hash(at position: Int, in bytes: [UInt8]) -> SHA256Digest? {
        guard position >= 0, position < bytes.count / SHA256Digest.byteCount else { return nil }
        let start = position * SHA256Digest.byteCount
        return SHA256Digest(bytes[start..<(start + SHA256Digest.byteCount)])
    }

    /// All the hashes, in order.
    package static func hashes(in bytes: [UInt8]) -> [SHA256Digest] {
        let count = bytes.count / SHA256Digest.byteCount
        var hashes: [SHA256Digest] = []
        hashes.reserveCapacity(count)
        for position in 0..<count { if let hash = hash(at: position, in: bytes) { hashes.append(hash) } }
        return hashes
    }
}
