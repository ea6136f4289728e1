internal import COpenSSL

/// A hash function, fetched from libcrypto once.
package enum HashAlgorithm: String, Hashable, Sendable, CaseIterable {
    /// Only for subject key identifiers and for recognising requests that are refused.
    case sha1 = "SHA1"
    case sha256 = "SHA256"
    case sha384 = "SHA384"
    case sha512 = "SHA512"

    /// Octets of a digest.
    package var byteCount: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    /// The digest of a byte string, `byteCount` octets.
    package func digest(of bytes: [UInt8]) -> [UInt8] {
        unsafe digest { context in unsafe EVP_DigestUpdate(context, bytes, bytes.count) }
    }

    /// Runs `update` between initialisation and finish.
    ///
    /// A hash over memory fails only when memory is exhausted; going on with a wrong digest would be worse than ending.
    func digest(_ update: (OpaquePointer) -> Int32) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: byteCount)
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("EVP_MD_CTX_new: out of memory") }
        defer { unsafe EVP_MD_CTX_free(context) }
        let done =
            unsafe EVP_DigestInit_ex2(context, fetched.pointer, nil) == 1 && update(context) == 1
            && EVP_DigestFinal_ex(context, &output, nil) == 1
        precondition(done, "libcrypto could not hash")
        return output
    }

    /// libcrypto's description of the function, kept for the life of the process.
    var fetched: FetchedDigest {
        switch self {
        case .sha1: Self.fetchedSHA1
        case .sha256: Self.fetchedSHA256
        case .sha384: Self.fetchedSHA384
        case .sha512: Self.fetchedSHA512
        }
    }

    private static let fetchedSHA1 = FetchedDigest("SHA1")
    private static let fetchedSHA256 = FetchedDigest("SHA256")
    private static let fetchedSHA384 = FetchedDigest("SHA384")
    private static let fetchedSHA512 = FetchedDigest("SHA512")
}

/// An `EVP_MD` that is never freed: fetching one takes a lock and a look-up by name.
@safe
struct FetchedDigest: @unchecked Sendable {  // libcrypto only reads a fetched digest
    let pointer: OpaquePointer

    init(_ name: String) {
        guard let pointer = unsafe EVP_MD_fetch(nil, name, nil) else {
            preconditionFailure("libcrypto offers no \(name)")
        }
        unsafe self.pointer = pointer
    }
}

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

    /// H(prefix || content): the hash of a Merkle tree leaf when the prefix is 0 (RFC 6962 §2.1).
    package static func hashing(prefix: UInt8, _ content: [UInt8]) -> SHA256Digest {
        SHA256Digest(
            checked: unsafe HashAlgorithm.sha256.digest { context in
                unsafe EVP_DigestUpdate(context, [prefix], 1) == 1
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
        for index in storage.indices { bytes.append(storage[index]) }
    }

    /// The digest in lower-case hexadecimal.
    package var hex: String { bytes.hexadecimal }

    package static func == (lhs: Self, rhs: Self) -> Bool {
        lhs.storage.indices.allSatisfy { lhs.storage[$0] == rhs.storage[$0] }
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.bytes.lexicographicallyPrecedes(rhs.bytes)
    }

    package func hash(into hasher: inout Hasher) {
        for index in storage.indices { hasher.combine(storage[index]) }
    }
}
