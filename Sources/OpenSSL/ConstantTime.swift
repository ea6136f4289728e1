internal import COpenSSL

/// Comparisons whose time tells nothing about where two secrets differ.
package enum ConstantTime {
    /// Whether two digests are equal.
    package static func areEqual(_ first: SHA256Digest, _ second: SHA256Digest) -> Bool {
        let (left, right) = (first.bytes, second.bytes)
        return unsafe CRYPTO_memcmp(left, right, SHA256Digest.byteCount) == 0
    }
}
