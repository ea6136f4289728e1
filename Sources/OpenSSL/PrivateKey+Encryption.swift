internal import COpenSSL

extension PrivateKey {
    /// Rounds of PBKDF2: about a third of a second of one core to try one passphrase.
    private static let iterations: Int32 = 600_000

    /// The key as PKCS#8 in PEM, encrypted with PBES2: PBKDF2 with HMAC-SHA-256, then AES-256-CBC (RFC 8018 §6.2).
    package func encryptedPEM(passphrase: Passphrase) throws(OpenSSLError) -> String {
        let der = try unsafe withKey { key throws(OpenSSLError) in
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
}
