/// A key that signs for the CA or the log, wherever it lives.
///
/// It signs bytes and never exposes its private half. It may be slow and may fail; whoever calls it verifies what it
/// returns before the signature leaves the process.
package protocol SigningKey: Sendable {
    /// The public half.
    var publicKey: PublicKey { get }

    /// The only scheme that this key is used with.
    var scheme: SignatureScheme { get }

    /// A signature over `message`; ECDSA in DER.
    func signature(over message: [UInt8]) async throws -> [UInt8]
}

extension SigningKey {
    /// A signature over `message` that the public half has verified.
    ///
    /// A fault while signing would otherwise publish garbage, or bits of the key.
    package func verifiedSignature(over message: [UInt8]) async throws -> [UInt8] {
        let signature = try await signature(over: message)
        guard publicKey.isValidSignature(signature, over: message, scheme: scheme) else {
            throw OpenSSLError("signature", reason: "the signature just made does not verify")
        }
        return signature
    }

    /// Signs 32 octets 0xFF and verifies that; throws when the key does not do its work.
    ///
    /// Nothing that either of our keys signs begins so: no to-be-signed certificate, tree head or timestamp.
    package func test() async throws {
        _ = try await verifiedSignature(over: [UInt8](repeating: 0xFF, count: 32))
    }
}
