internal import COpenSSL

/// A SHA-256 digest (FIPS 180-4).
package struct SHA256Digest: Hashable, Comparable, Sendable {
    /// Octets of a digest.
    package static let byteCount = 32

    private let storage: [32 of UInt8]

    /// The digest of a byte string.
    package init(hashing bytes: [UInt8]) {
        self.init(checked: HashAlgorithm.sha256.digest(of: bytes))
    }

    /// A digest made elsewhere; nil unless it has 32 octets.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(checked: bytes)
    }

    private init(checked bytes: [UInt8]) {
        storage = [32 of UInt8] { bytes[$0] }
    }

    /// The digest of bytes that come in pieces, which `next` hands out until it answers nil.
    ///
    /// Throws what `next` throws.
    package static func hashing(_ next: () throws -> [UInt8]?) throws -> SHA256Digest {
        var failure: (any Error)?
        let bytes = unsafe HashAlgorithm.sha256.digest { context in
            do {
                while let piece = try next() {
                    guard unsafe EVP_DigestUpdate(context, piece, piece.count) == 1 else { return 0 }
                }
            } catch {
                failure = error
            }
            return 1
        }
        if let failure { throw failure }
        return SHA256Digest(checked: bytes)
    }

    /// H(prefix || content): the hash of a Merkle tree leaf when the prefix is 0 (RFC 6962 §2.1).
    package static func hashing(prefix: UInt8, _ content: [UInt8]) -> SHA256Digest {
        var prefix = prefix
        return SHA256Digest(
            checked: unsafe HashAlgorithm.sha256.digest { context in
                unsafe EVP_DigestUpdate(context, &prefix, 1) == 1
                    ? EVP_DigestUpdate(context, content, content.count) : 0
            }
        )
    }

    /// H(prefix || left || right): the hash of a Merkle tree node when the prefix is 1 (RFC 6962 §2.1).
    package static func hashing(prefix: UInt8, _ left: SHA256Digest, _ right: SHA256Digest) -> SHA256Digest {
        var content: [UInt8] = []
        content.reserveCapacity(1 + 2 * byteCount)
        content.append(prefix)
        left.append(to: &content)
        right.append(to: &content)
        return SHA256Digest(hashing: content)
    }

    /// The 32 octets.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.byteCount)
        append(to: &result)
        return result
    }

    /// Appends the 32 octets without an array of their own.
    package func append(to bytes: inout [UInt8]) {
        unsafe withUnsafeBytes(of: storage) { unsafe bytes.append(contentsOf: $0) }
    }

    /// The digest in lower-case hexadecimal.
    package var hex: String { bytes.hexadecimal }

    package static func == (lhs: Self, rhs: Self) -> Bool {
        unsafe lhs.storage.span.withUnsafeBufferPointer { left in
            unsafe rhs.storage.span.withUnsafeBufferPointer { right in unsafe left.elementsEqual(right) }
        }
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.bytes.lexicographicallyPrecedes(rhs.bytes)
    }

    package func hash(into hasher: inout Hasher) {
        unsafe withUnsafeBytes(of: storage) { unsafe hasher.combine(bytes: $0) }
    }
}
