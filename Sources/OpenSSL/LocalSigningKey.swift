/// A signing key held in this process's memory.
package struct LocalSigningKey: SigningKey {
    package let scheme: SignatureScheme
    private let key: PrivateKey

    /// A signing key with the scheme that fits its kind.
    package init(_ key: PrivateKey) {
        self.key = key
        scheme = key.defaultScheme
    }

    package var publicKey: PublicKey { key.publicKey }

    package func signature(over message: [UInt8]) async throws -> [UInt8] {
        try key.signature(over: message, scheme: scheme)
    }
}
