package import OpenSSL

/// A signature with its algorithms, as TLS writes it (RFC 5246 §4.7), for the only kind of log key we have.
package struct DigitallySigned: Hashable, Sendable {
    /// An ECDSA signature in DER.
    package let signature: [UInt8]

    /// Wraps a signature; nil when it is empty or longer than 2^16 - 1 bytes.
    package init?(signature: [UInt8]) {
        guard !signature.isEmpty, signature.count <= Int(UInt16.max) else { return nil }
        self.signature = signature
    }

    /// Reads the encoded form; nil for other algorithms than ECDSA with SHA-256 and for trailing bytes.
    package init?(encoded: [UInt8]) {
        guard encoded.count > 4, encoded[0] == 4, encoded[1] == 3 else { return nil }
        let length = Int(encoded[2]) << 8 | Int(encoded[3])
        guard encoded.count == 4 + length else { return nil }
        self.init(signature: Array(encoded[4...]))
    }

    /// The encoded form.
    package var encoded: [UInt8] {
        // struct { HashAlgorithm sha256(4); SignatureAlgorithm ecdsa(3); opaque signature<0..2^16-1>; }
        [4, 3] + BigEndian.bytes(UInt16(clamping: signature.count)) + signature
    }

    /// Whether this is a signature over `message` by `key`, which must be an ECDSA P-256 key.
    package func isValid(over message: [UInt8], key: PublicKey) -> Bool {
        key.isLogKey && key.isValidSignature(signature, over: message, scheme: .ecdsa(.sha256))
    }
}

extension PublicKey {
    /// Whether a log may have this key: only ECDSA P-256 (transparency-log 1.1.1).
    package var isLogKey: Bool {
        if case .ellipticCurve(.p256, _) = subjectPublicKeyInfo.key { true } else { false }
    }
}
