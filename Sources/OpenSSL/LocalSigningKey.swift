/// A signing key held in this process's memory.
package struct LocalSigningKey: SigningKey {
    package let scheme: SignatureScheme
    package let publicKey: PublicKey
    private let key: PrivateKey

    /// A signing key with the scheme that fits its kind.
    ///
    /// Every signature is verified, so the public half is made ready for that, once: some milliseconds, 20 with P-384.
    package init(_ key: PrivateKey) {
        self.key = key
        scheme = key.defaultScheme
        publicKey = (try? PublicKey(keeping: key.publicKey.subjectPublicKeyInfo)) ?? key.publicKey
    }

    package func signature(over message: [UInt8]) async throws -> [UInt8] {
        try key.signature(over: message, scheme: scheme)
    }
}
