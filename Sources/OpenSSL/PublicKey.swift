internal import COpenSSL

/// A public key that verifies signatures, imported into libcrypto once.
package final class PublicKey: Sendable {
    /// The key in its only accepted encoding.
    package let subjectPublicKeyInfo: SubjectPublicKeyInfo

    private let handle: KeyHandle

    private let contexts = PreparedContexts(for: .verify)

    /// What makes verifications cheaper for a key that does many; nil for most keys.
    private let tables: PointTables?

    /// Imports a key; throws for algorithms that are never accepted and for points that are not on their curve.
    package convenience init(_ info: SubjectPublicKeyInfo) throws(OpenSSLError) {
        try self.init(info, tables: nil)
    }

    /// Imports a key that verifies all the time, such as that of a CA or a log, and makes tables for it if they help.
    ///
    /// Takes milliseconds and 150 KiB, with P-384 some 20 ms and 4.5 MiB; never to be done at a client's word. What is
    /// valid does not change.
    package convenience init(keeping info: SubjectPublicKeyInfo) throws(OpenSSLError) {
        try self.init(info, tables: PointTables(info))
    }

    private init(_ info: SubjectPublicKeyInfo, tables: PointTables?) throws(OpenSSLError) {
        handle = try Self.imported(info.key)
        subjectPublicKeyInfo = info
        self.tables = tables
    }

    /// Whether `signature` is a signature over `message` by this key under `scheme`.
    ///
    /// ECDSA signatures are in DER. A scheme of another key type is never valid. Whatever libcrypto answers but 1 is
    /// "not valid", and its error queue is emptied.
    package func isValidSignature(_ signature: [UInt8], over message: [UInt8], scheme: SignatureScheme) -> Bool {
        guard isUsable(with: scheme) else { return false }
        guard let hash = scheme.hash else { return isValidSignature(signature, overMessage: message) }
        let digest = hash.digest(of: message)
        if let tables, tables.scheme == scheme,
            let isValid = tables.isValidSignature(signature, overDigest: digest)
        {
            return isValid
        }
        do {
            return try unsafe handle.withPointer { key throws(OpenSSLError) in
                try unsafe contexts.withContext(key, scheme) { context throws(OpenSSLError) in
                    try check(
                        unsafe EVP_PKEY_verify(context, signature, signature.count, digest, digest.count),
                        "EVP_PKEY_verify")
                    return true
                }
            }
        } catch {
            return false
        }
    }

    /// Ed25519, which hashes in a way of its own.
    private func isValidSignature(_ signature: [UInt8], overMessage message: [UInt8]) -> Bool {
        do {
            return try unsafe handle.withPointer { key throws(OpenSSLError) in
                try unsafe withDigestContext { context throws(OpenSSLError) in
                    try check(
                        unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key), "EVP_DigestVerifyInit")
                    try check(
                        unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count),
                        "EVP_DigestVerify")
                    return true
                }
            }
        } catch {
            return false
        }
    }

    /// Lends the key to a call of libcrypto.
    func withPointer<R>(_ body: (OpaquePointer) throws(OpenSSLError) -> R) throws(OpenSSLError) -> R {
        try unsafe handle.withPointer(body)
    }

    private func isUsable(with scheme: SignatureScheme) -> Bool {
        switch (subjectPublicKeyInfo.key, scheme) {
        case (.ellipticCurve, .ecdsa), (.rsa, .rsaPKCS1), (.rsa, .rsaPSS), (.ed25519, .ed25519): true
        default: false
        }
    }

    private static func imported(_ key: SubjectPublicKeyInfo.Key) throws(OpenSSLError) -> KeyHandle {
        switch key {
        case .ellipticCurve(let curve, let point):
            return try CurveTemplate.of(curve).key(point: point)
        case .rsa(let modulus, let exponent):
            return try KeyImport(type: "RSA")
                .adding(OSSL_PKEY_PARAM_RSA_N, magnitude: modulus)
                .adding(OSSL_PKEY_PARAM_RSA_E, magnitude: exponent)
                .finish()
        case .ed25519(let bytes):
            return try KeyImport(type: "ED25519").adding(OSSL_PKEY_PARAM_PUB_KEY, octets: bytes).finish()
        case .unsupported(let name):
            throw OpenSSLError("EVP_PKEY_fromdata", reason: "\(name) keys are not accepted")
        }
    }
}
