internal import COpenSSL

/// Why a private key cannot be used.
package enum PrivateKeyError: Error, Sendable {
    /// The passphrase is empty or absurdly long.
    case unusablePassphrase
    /// The text is no private key in PEM, or the passphrase does not open it.
    case cannotBeOpened
    /// The key is of a kind that we do not sign with.
    case unsupported
}

/// A private key in this process's memory, as read from a file or just made.
package final class PrivateKey: Sendable {
    /// What to generate.
    package enum Kind: Hashable, Sendable {
        case ellipticCurve(Curve)
        /// An RSA key of this many bits with public exponent 65537.
        case rsa(bits: Int)
        case ed25519
    }

    /// The public half.
    package let publicKey: PublicKey

    private let handle: KeyHandle

    private init(owning pointer: OpaquePointer) throws(OpenSSLError) {
        let handle = unsafe KeyHandle(owning: pointer)
        let der = try unsafe handle.withPointer { key throws(OpenSSLError) in
            try unsafe Self.encoded("i2d_PUBKEY") { unsafe i2d_PUBKEY(key, $0) }
        }
        guard let info = try? SubjectPublicKeyInfo(der: der) else {
            throw OpenSSLError("i2d_PUBKEY", reason: "a public key that we do not accept")
        }
        publicKey = try PublicKey(info)
        self.handle = handle
    }

    /// Makes a new key.
    package static func generate(_ kind: Kind) throws(OpenSSLError) -> PrivateKey {
        let name =
            switch kind {
            case .ellipticCurve: "EC"
            case .rsa: "RSA"
            case .ed25519: "ED25519"
            }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, name, nil) else {
            throw .drained(after: "EVP_PKEY_CTX_new_from_name")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        try check(unsafe EVP_PKEY_keygen_init(context), "EVP_PKEY_keygen_init")
        switch kind {
        case .ellipticCurve(let curve):
            try check(unsafe EVP_PKEY_CTX_set_group_name(context, curve.groupName), "EVP_PKEY_CTX_set_group_name")
        case .rsa(let bits):
            try check(
                unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(clamping: bits)),
                "EVP_PKEY_CTX_set_rsa_keygen_bits")
        case .ed25519: break
        }
        var key: OpaquePointer?
        try check(unsafe EVP_PKEY_generate(context, &key), "EVP_PKEY_generate")
        guard let key = unsafe key else { throw OpenSSLError("EVP_PKEY_generate", reason: "no key") }
        return try unsafe PrivateKey(owning: key)
    }

    /// Reads a key from PEM: PKCS#8, encrypted or not, or a traditional RSA or EC key.
    ///
    /// Throws when it cannot be opened; libcrypto never asks on a terminal.
    package convenience init(pem: [UInt8], passphrase: Passphrase?) throws(PrivateKeyError) {
        guard let buffer = try? MemoryBuffer(pem) else { throw .cannotBeOpened }
        let key = unsafe buffer.withPointer { bio in
            unsafe withExtendedLifetime(passphrase) {
                let context = unsafe passphrase.map { unsafe Unmanaged.passUnretained($0).toOpaque() }
                return unsafe PEM_read_bio_PrivateKey(bio, nil, copyPassphrase, context)
            }
        }
        guard let key = unsafe key else {
            _ = OpenSSLError.drained(after: "PEM_read_bio_PrivateKey")
            throw .cannotBeOpened
        }
        do {
            try unsafe self.init(owning: key)
        } catch {
            throw .unsupported
        }
    }

    /// The scheme that fits the key: the hash as wide as the curve, SHA-256 for RSA.
    package var defaultScheme: SignatureScheme {
        switch publicKey.subjectPublicKeyInfo.key {
        case .ellipticCurve(.p256, _): .ecdsa(.sha256)
        case .ellipticCurve(.p384, _): .ecdsa(.sha384)
        case .ellipticCurve(.p521, _): .ecdsa(.sha512)
        case .rsa: .rsaPKCS1(.sha256)
        case .ed25519, .unsupported: .ed25519
        }
    }

    /// Signs a message; ECDSA signatures are in DER.
    package func signature(over message: [UInt8], scheme: SignatureScheme) throws(OpenSSLError) -> [UInt8] {
        try unsafe handle.withPointer { key throws(OpenSSLError) in
            try unsafe withDigestContext { context throws(OpenSSLError) in
                var keyContext: OpaquePointer?
                try check(
                    unsafe EVP_DigestSignInit(context, &keyContext, scheme.hash?.fetched.pointer, nil, key),
                    "EVP_DigestSignInit")
                try unsafe scheme.configure(keyContext)
                var count = 0
                try check(unsafe EVP_DigestSign(context, nil, &count, message, message.count), "EVP_DigestSign")
                var signature = [UInt8](repeating: 0, count: count)
                try check(
                    unsafe EVP_DigestSign(context, &signature, &count, message, message.count), "EVP_DigestSign")
                return Array(signature.prefix(count))
            }
        }
    }

    /// The key as unencrypted PKCS#8 in PEM, for keys that live no longer than the process.
    package func unencryptedPEM() throws(OpenSSLError) -> String {
        try unsafe handle.withPointer { key throws(OpenSSLError) in
            let buffer = try MemoryBuffer()
            try unsafe buffer.withPointer { bio throws(OpenSSLError) in
                try check(
                    unsafe PEM_write_bio_PKCS8PrivateKey(bio, key, nil, nil, 0, nil, nil),
                    "PEM_write_bio_PKCS8PrivateKey")
            }
            return String(decoding: buffer.contents(), as: UTF8.self)
        }
    }

    /// Runs one of libcrypto's `i2d` functions, which allocate their output.
    static func encoded(
        _ operation: String, _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> Int32
    ) throws(OpenSSLError) -> [UInt8] {
        var output: UnsafeMutablePointer<UInt8>?
        let count = unsafe encode(&output)
        defer { unsafe copenssl_free(output) }
        guard count > 0, let output = unsafe output else { throw .drained(after: operation) }
        return unsafe Array(UnsafeBufferPointer(start: output, count: Int(count)))
    }

    func withKey<R, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R {
        try unsafe handle.withPointer(body)
    }
}

/// libcrypto's password callback: copies the passphrase that `context` refers to, or fails when there is none.
private func copyPassphrase(
    buffer: UnsafeMutablePointer<CChar>?, capacity: Int32, _: Int32, context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let buffer = unsafe buffer, let context = unsafe context else { return -1 }
    let passphrase = unsafe Unmanaged<Passphrase>.fromOpaque(context).takeUnretainedValue()
    return unsafe passphrase.withUnsafeBytes { bytes in
        guard bytes.count <= Int(capacity), let source = bytes.baseAddress else { return -1 }
        unsafe UnsafeMutableRawPointer(buffer).copyMemory(from: source, byteCount: bytes.count)
        return Int32(bytes.count)
    }
}
