internal import COpenSSL

/// A SHA-256 digest (FIPS 180-4).
package struct SHA256Digest: Hashable, Comparable, Sendable {
    /// Octets of a digest.
    package static let byteCount = 32

    private var storage: [32 of UInt8]

    /// The digest of a byte string.
    package init(hashing bytes: [UInt8]) {
        unsafe self.init { context in unsafe EVP_DigestUpdate(context, bytes, bytes.count) }
    }

    /// The digest of what `update` hands to libcrypto, without an array for it.
    private init(_ update: (OpaquePointer) -> Int32) {
        storage = [32 of UInt8](repeating: 0)
        var span = storage.mutableSpan
        unsafe span.withUnsafeMutableBufferPointer { output in
            unsafe HashAlgorithm.sha256.digest(into: output.baseAddress, update)
        }
    }

    /// A digest made elsewhere; nil unless it has 32 octets.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(checked: bytes)
    }

    /// A digest that is part of other bytes; nil unless the part has 32 octets.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        storage = [32 of UInt8] { bytes[bytes.startIndex + $0] }
    }

    private init(checked bytes: [UInt8]) {
        storage = [32 of UInt8] { bytes[$0] }
    }

    /// The digest of bytes that come in pieces, which `next` hands out until it answers nil.
    ///
    /// Throws what `next` throws.
    package static func hashing(_ next: () throws -> [UInt8]?) throws -> SHA256Digest {
        var failure: (any Error)?
        let digest = unsafe SHA256Digest { context in
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
        return digest
    }

    /// H(prefix || content): the hash of a Merkle tree leaf when the prefix is 0 (RFC 6962 §2.1).
    package static func hashing(prefix: UInt8, _ content: [UInt8]) -> SHA256Digest {
        var prefix = prefix
        return unsafe SHA256Digest { context in
            unsafe EVP_DigestUpdate(context, &prefix, 1) == 1
                ? EVP_DigestUpdate(context, content, content.count) : 0
        }
    }

    /// H(prefix || left || right): the hash of a Merkle tree node when the prefix is 1 (RFC 6962 §2.1).
    package static func hashing(prefix: UInt8, _ left: SHA256Digest, _ right: SHA256Digest) -> SHA256Digest {
        var prefix = prefix
        return unsafe SHA256Digest { context in
            unsafe EVP_DigestUpdate(context, &prefix, 1) == 1 && left.update(context) == 1
                ? right.update(context) : 0
        }
    }

    private func update(_ context: OpaquePointer) -> Int32 {
        unsafe storage.span.withUnsafeBufferPointer { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
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
