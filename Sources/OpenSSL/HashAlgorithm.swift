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
    private func digest(_ update: (OpaquePointer) -> Int32) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            unsafe digest(into: output.baseAddress, update)
            count = byteCount
        }
    }

    /// Runs `update` between initialisation and finish, which writes `byteCount` octets to `output`.
    ///
    /// A hash over memory fails only when memory is exhausted; going on with a wrong digest would be worse than ending.
    func digest(into output: UnsafeMutablePointer<UInt8>?, _ update: (OpaquePointer) -> Int32) {
        let done = unsafe DigestContext.withContext { context in
            unsafe EVP_DigestInit_ex2(context, fetched.pointer, nil) == 1 && update(context) == 1
                && EVP_DigestFinal_ex(context, output, nil) == 1
        }
        precondition(done, "libcrypto could not hash")
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
