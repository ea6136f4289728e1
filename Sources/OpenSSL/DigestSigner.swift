internal import COpenSSL

/// A private key with a context that was prepared once, for one caller at a time.
///
/// Preparing a context for each signature costs an allocation and a look-up under libcrypto's locks.
@safe
package struct DigestSigner: ~Copyable {
    private let key: PrivateKey
    private let scheme: SignatureScheme
    private let context: OpaquePointer

    /// Prepares a key for one scheme; throws for Ed25519, which signs messages and no digests.
    package init(_ key: PrivateKey, scheme: SignatureScheme) throws(OpenSSLError) {
        let context = try unsafe key.withPointer { pointer throws(OpenSSLError) in
            try unsafe PreparedContexts.prepared(pointer, scheme, .sign)
        }
        (self.key, self.scheme) = (key, scheme)
        unsafe self.context = context
    }

    deinit { unsafe EVP_PKEY_CTX_free(context) }

    /// A signature over a digest of the scheme's hash; ECDSA in DER.
    package mutating func signature(overDigest digest: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        var count = 0
        try check(unsafe EVP_PKEY_sign(context, nil, &count, digest, digest.count), "EVP_PKEY_sign")
        var signature = [UInt8](repeating: 0, count: count)
        try check(unsafe EVP_PKEY_sign(context, &signature, &count, digest, digest.count), "EVP_PKEY_sign")
        signature.removeSubrange(count...)
        return signature
    }
}

/// A public key with a context that was prepared once, for one caller at a time.
@safe
package struct DigestVerifier: ~Copyable {
    private let key: PublicKey
    private let context: OpaquePointer

    /// Prepares a key for one scheme; throws for Ed25519, which signs messages and no digests.
    package init(_ key: PublicKey, scheme: SignatureScheme) throws(OpenSSLError) {
        let context = try unsafe key.withPointer { pointer throws(OpenSSLError) in
            try unsafe PreparedContexts.prepared(pointer, scheme, .verify)
        }
        self.key = key
        unsafe self.context = context
    }

    deinit { unsafe EVP_PKEY_CTX_free(context) }

    /// Whether `signature` is one over a digest of the scheme's hash; ECDSA in DER.
    package mutating func isValidSignature(_ signature: [UInt8], overDigest digest: [UInt8]) -> Bool {
        guard unsafe EVP_PKEY_verify(context, signature, signature.count, digest, digest.count) == 1 else {
            _ = OpenSSLError.drained(after: "EVP_PKEY_verify")
            return false
        }
        return true
    }
}
