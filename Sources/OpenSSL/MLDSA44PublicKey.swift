internal import COpenSSL

/// An ML-DSA-44 public key that verifies signatures (FIPS 204), where the linked libcrypto can.
package final class MLDSA44PublicKey: Sendable {
    /// Octets of an encoded key.
    package static let byteCount = 1312

    /// Octets of a signature.
    package static let signatureByteCount = 2420

    /// Whether the linked libcrypto has the algorithm; OpenSSL has it from version 3.5 on.
    package static let isAvailable: Bool = {
        guard let algorithm = unsafe EVP_SIGNATURE_fetch(nil, name, nil) else {
            _ = OpenSSLError.drained(after: "EVP_SIGNATURE_fetch")
            return false
        }
        unsafe EVP_SIGNATURE_free(algorithm)
        return true
    }()

    private static let name = "ML-DSA-44"

    private let handle: KeyHandle

    /// Imports a key; throws for another length, and when the linked libcrypto does not have the algorithm.
    package init(_ bytes: [UInt8]) throws(OpenSSLError) {
        guard bytes.count == Self.byteCount, Self.isAvailable else {
            throw OpenSSLError("EVP_PKEY_fromdata", reason: "no ML-DSA-44 key, or ML-DSA-44 is not available")
        }
        handle = try KeyImport(type: Self.name).adding(OSSL_PKEY_PARAM_PUB_KEY, octets: bytes).finish()
    }

    /// Whether `signature` is a pure signature over `message` with an empty context (FIPS 204 §5.3).
    ///
    /// Whatever libcrypto answers but 1 is "not valid", and its error queue is emptied.
    package func isValidSignature(_ signature: [UInt8], over message: [UInt8]) -> Bool {
        do {
            return try unsafe handle.withPointer { key throws(OpenSSLError) in
                try unsafe withDigestContext { context throws(OpenSSLError) in
                    try check(unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key), "EVP_DigestVerifyInit")
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
}
