internal import COpenSSL

/// A private key in this process's memory, as read from a file or just made.
package final class PrivateKey: Sendable {
    /// What to generate.
    package enum Kind: Hashable, Sendable {
        case ellipticCurve(Curve)
        /// An RSA key of this many bits with public exponent 65537.
        case rsa(bits: Int)
        case ed25519
    }

    /// Rounds of PBKDF2: about a third of a second of one core to try one passphrase.
    private static let iterations: Int32 = 600_000

    /// The public half.
    package let publicKey: PublicKey

    private let handle: KeyHandle

    private let contexts = PreparedContexts(for: .sign)

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

    /// The labels of PEM blocks that libcrypto reads: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) and SEC 1 (RFC 5915).
    private static let labels: Set<String> = [
        "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
    ]

    /// Reads a key from the first PEM block of a text: PKCS#8, encrypted or not, or a traditional RSA or EC key.
    ///
    /// All but encrypted PKCS#8 may be encrypted by RFC 1423 headers. The passphrase does not matter for a key that is
    /// not encrypted; none is the empty one. Throws when the key cannot be opened; libcrypto never asks on a terminal.
    package convenience init(pem: [UInt8], passphrase: Passphrase?) throws(PrivateKeyError) {
        guard let block = PEM.firstBlock(in: pem), var text = PEM.firstBlockText(in: pem) else { throw .cannotBeOpened }
        defer { text.cleanse() }
        guard Self.labels.contains(block.label) else { throw .unknownType(block.label) }
        guard let buffer = try? MemoryBuffer(text) else { throw .cannotBeOpened }
        let key = unsafe buffer.withPointer { bio in
            unsafe withExtendedLifetime(passphrase) {
                let context = unsafe passphrase.map { unsafe Unmanaged.passUnretained($0).toOpaque() }
                return unsafe PEM_read_bio_PrivateKey(bio, nil, copyPassphrase, context)
            }
        }
        guard let key = unsafe key else {
            _ = OpenSSLError.drained(after: "PEM_read_bio_PrivateKey")
            if block.label == "ENCRYPTED PRIVATE KEY" { throw .passphraseIncorrect }
            throw PEM.isEncrypted(text) ? .legacyPassphraseIncorrect : .cannotBeOpened
        }
        try unsafe self.init(checking: key)
    }

    /// Whether the first PEM block of a text is a key that anybody can open.
    package static func isPlain(pem: [UInt8]) -> Bool {
        guard let block = PEM.firstBlock(in: pem), var text = PEM.firstBlockText(in: pem) else { return false }
        defer { text.cleanse() }
        return labels.contains(block.label) && block.label != "ENCRYPTED PRIVATE KEY" && !PEM.isEncrypted(text)
    }

    /// Reads a key from the DER of an unencrypted PrivateKeyInfo (RFC 5958 §2).
    convenience init(pkcs8 der: [UInt8]) throws(PrivateKeyError) {
        let key = unsafe der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var start = buffer.baseAddress
            guard let info = unsafe d2i_PKCS8_PRIV_KEY_INFO(nil, &start, buffer.count) else { return nil }
            defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
            return unsafe EVP_PKCS82PKEY(info)
        }
        guard let key = unsafe key else {
            _ = OpenSSLError.drained(after: "EVP_PKCS82PKEY")
            throw .cannotBeOpened
        }
        try unsafe self.init(checking: key)
    }

    /// Takes a key that was read, unless it is of a kind that we do not sign with or its halves do not fit.
    private convenience init(checking pointer: OpaquePointer) throws(PrivateKeyError) {
        do {
            try unsafe self.init(owning: pointer)
        } catch {
            throw .unsupported
        }
        // Files may name a public half of their own, under which no signature would verify.
        let message = Array("mintmark key self-test".utf8)
        guard let signature = try? signature(over: message, scheme: defaultScheme),
            publicKey.isValidSignature(signature, over: message, scheme: defaultScheme)
        else { throw .cannotBeOpened }
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
        guard let hash = scheme.hash else { return try signature(overMessage: message) }
        let digest = hash.digest(of: message)
        return try unsafe handle.withPointer { key throws(OpenSSLError) in
            var count = Int(max(0, unsafe EVP_PKEY_get_size(key)))
            var signature = [UInt8](repeating: 0, count: count)
            try unsafe contexts.withContext(key, scheme) { context throws(OpenSSLError) in
                try check(
                    unsafe EVP_PKEY_sign(context, &signature, &count, digest, digest.count), "EVP_PKEY_sign")
            }
            return Array(signature.prefix(count))
        }
    }

    /// Ed25519, which hashes in a way of its own.
    private func signature(overMessage message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        try unsafe handle.withPointer { key throws(OpenSSLError) in
            try unsafe withDigestContext { context throws(OpenSSLError) in
                try check(unsafe EVP_DigestSignInit(context, nil, nil, nil, key), "EVP_DigestSignInit")
                var count = 0
                try check(unsafe EVP_DigestSign(context, nil, &count, message, message.count), "EVP_DigestSign")
                var signature = [UInt8](repeating: 0, count: count)
                try check(
                    unsafe EVP_DigestSign(context, &signature, &count, message, message.count), "EVP_DigestSign")
                return Array(signature.prefix(count))
            }
        }
    }

    /// Lends the key to a call of libcrypto.
    func withPointer<R>(_ body: (OpaquePointer) throws(OpenSSLError) -> R) throws(OpenSSLError) -> R {
        try unsafe handle.withPointer(body)
    }

    /// The key as PKCS#8 in PEM, encrypted with PBES2: PBKDF2 with HMAC-SHA-256, then AES-256-CBC (RFC 8018 §6.2).
    package func encryptedPEM(passphrase: Passphrase) throws(OpenSSLError) -> String {
        let der = try unsafe handle.withPointer { key throws(OpenSSLError) in
            guard let info = unsafe EVP_PKEY2PKCS8(key) else { throw .drained(after: "EVP_PKEY2PKCS8") }
            defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
            return try unsafe Self.encrypted(info, passphrase)
        }
        return PEM.encode(label: "ENCRYPTED PRIVATE KEY", der)
    }

    private static func encrypted(_ info: OpaquePointer, _ passphrase: Passphrase) throws(OpenSSLError) -> [UInt8] {
        var salt = try RandomBytes.generate(count: 16)
        let algorithm = unsafe PKCS5_pbe2_set_iv(
            EVP_aes_256_cbc(), iterations, &salt, Int32(salt.count), nil, NID_hmacWithSHA256)
        guard let algorithm = unsafe algorithm else { throw .drained(after: "PKCS5_pbe2_set_iv") }
        let sealed = unsafe passphrase.withUnsafeBytes { bytes in
            unsafe PKCS8_set0_pbe(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: bytes.count), info, algorithm)
        }
        guard let sealed = unsafe sealed else {
            unsafe X509_ALGOR_free(algorithm)
            throw .drained(after: "PKCS8_set0_pbe")
        }
        defer { unsafe X509_SIG_free(sealed) }
        return try unsafe encoded("i2d_X509_SIG") { unsafe i2d_X509_SIG(sealed, $0) }
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
}

/// libcrypto's password callback: copies the passphrase that `context` refers to, or nothing when there is none.
private func copyPassphrase(
    buffer: UnsafeMutablePointer<CChar>?, capacity: Int32, _: Int32, context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let buffer = unsafe buffer else { return -1 }
    guard let context = unsafe context else { return 0 }
    let passphrase = unsafe Unmanaged<Passphrase>.fromOpaque(context).takeUnretainedValue()
    return unsafe passphrase.withUnsafeBytes { bytes in
        guard bytes.count <= Int(capacity), let source = bytes.baseAddress else { return -1 }
        unsafe UnsafeMutableRawPointer(buffer).copyMemory(from: source, byteCount: bytes.count)
        return Int32(bytes.count)
    }
}
