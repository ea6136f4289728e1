internal import COpenSSL

/// NaCl's secretbox: XSalsa20 with Poly1305 in front ("Cryptography in NaCl", Bernstein 2009, section 10).
package enum SecretBox {
    /// Octets of a key.
    package static let keyByteCount = XSalsa20.keyByteCount

    /// Octets of a nonce.
    package static let nonceByteCount = XSalsa20.nonceByteCount

    private static let tagByteCount = 16

    /// The message in a box of 16 octets and more; nil when the tag is not the key's, or a length is not as it must be.
    ///
    /// Throws when libcrypto cannot compute the tag. Whoever gets the message overwrites it after use.
    package static func open(_ box: [UInt8], key: [UInt8], nonce: [UInt8]) throws(OpenSSLError) -> [UInt8]? {
        guard box.count >= tagByteCount, let cipher = XSalsa20(key: key, nonce: nonce) else { return nil }
        let sealed = Array(box.dropFirst(tagByteCount))
        // The first 32 octets of the stream are the one-time key of the tag.
        var stream = cipher.keystream(count: 32 + sealed.count)
        defer { stream.cleanse() }
        let expected = try tag(over: sealed, oneTimeKey: Array(stream.prefix(32)))
        guard unsafe CRYPTO_memcmp(expected, box, tagByteCount) == 0 else { return nil }
        return zip(sealed, stream.dropFirst(32)).map { $0 ^ $1 }
    }

    private static func tag(over message: [UInt8], oneTimeKey: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: tagByteCount)
        var count = 0
        let result = unsafe EVP_Q_mac(
            nil, "POLY1305", nil, nil, nil, oneTimeKey, oneTimeKey.count, message, message.count, &tag, tag.count,
            &count)
        guard unsafe result != nil, count == tagByteCount else { throw .drained(after: "EVP_Q_mac") }
        return tag
    }
}

extension [UInt8] {
    /// Overwrites the octets with zeros, as far as this is the one reference to them.
    package mutating func cleanse() {
        unsafe withUnsafeMutableBytes { buffer in
            if let start = buffer.baseAddress { unsafe OPENSSL_cleanse(start, buffer.count) }
        }
    }
}
