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
        return SHA256Digest(Array(bytes[start..<(start + SHA256Digest.byteCount)]))
    }

    /// All the hashes, in order.
    package static func hashes(in bytes: [UInt8]) -> [SHA256Digest] {
        (0..<(bytes.count / SHA256Digest.byteCount)).compactMap { hash(at: $0, in: bytes) }
    }
}
