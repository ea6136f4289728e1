package import OpenSSL

/// A signature with its algorithms, as TLS writes it (RFC 5246 §4.7), for the kinds of key that logs have.
package struct DigitallySigned: Hashable, Sendable {
    /// What a log signs with, always over SHA-256 (RFC 6962 §2.1.4), by its number in TLS.
    package enum Algorithm: UInt8, Hashable, Sendable {
        /// RSASSA-PKCS1-v1_5; only other logs have such keys.
        case rsa = 1
        /// ECDSA; signatures are in DER.
        case ecdsa = 3
    }

    /// The algorithm of the signature.
    package let algorithm: Algorithm

    /// The octets of the signature.
    package let signature: [UInt8]

    /// Wraps a signature; nil when it is empty or longer than 2^16 - 1 bytes.
    package init?(signature: [UInt8], algorithm: Algorithm = .ecdsa) {
        guard !signature.isEmpty, signature.count <= Int(UInt16.max) else { return nil }
        self.signature = signature
        self.algorithm = algorithm
    }

    /// Reads the encoded form; nil for other algorithms than ECDSA or RSA with SHA-256 and for trailing bytes.
    package init?(encoded: [UInt8]) {
        guard encoded.count > 4, encoded[0] == 4, let algorithm = Algorithm(rawValue: encoded[1]) else { return nil }
        let length = Int(encoded[2]) << 8 | Int(encoded[3])
        guard encoded.count == 4 + length else { return nil }
        self.init(signature: Array(encoded[4...]), algorithm: algorithm)
    }

    /// The encoded form.
    package var encoded: [UInt8] {
        // struct { HashAlgorithm sha256(4); SignatureAlgorithm; opaque signature<0..2^16-1>; }
        [4, algorithm.rawValue] + BigEndian.bytes(UInt16(clamping: signature.count)) + signature
    }

    /// Whether this is a signature over `message` by `key`, an ECDSA P-256 key or an RSA key of at least 2048 bits.
    package func isValid(over message: [UInt8], key: PublicKey) -> Bool {
        switch algorithm {
        case .ecdsa: key.isLogKey && key.isValidSignature(signature, over: message, scheme: .ecdsa(.sha256))
        case .rsa: key.isRSALogKey && key.isValidSignature(signature, over: message, scheme: .rsaPKCS1(.sha256))
        }
    }
}

extension PublicKey {
    /// Whether another log may have this key beside ECDSA P-256: RSA of at least 2048 bits (RFC 6962 §2.1.4).
    package var isRSALogKey: Bool { (subjectPublicKeyInfo.rsaModulusBitCount ?? 0) >= 2048 }

    /// Whether a log of ours may have this key: only ECDSA P-256 (transparency-log 1.1.1).
    package var isLogKey: Bool {
        if case .ellipticCurve(.p256, _) = subjectPublicKeyInfo.key { true } else { false }
    }
}
