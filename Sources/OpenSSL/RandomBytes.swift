internal import COpenSSL

/// libcrypto's cryptographically secure generator.
package enum RandomBytes {
    /// `count` random octets; throws when the generator does not vouch for them.
    package static func generate(count: Int) throws(OpenSSLError) -> [UInt8] {
        guard let length = Int32(exactly: count), length >= 0 else {
            throw OpenSSLError("RAND_bytes", reason: "count out of range")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        try check(unsafe RAND_bytes(&bytes, length), "RAND_bytes")
        return bytes
    }
}
