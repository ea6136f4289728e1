internal import OpenSSL

/// The keys in `keys-example`, which everybody knows.
enum ExampleKeys {
    /// H(SubjectPublicKeyInfo) of the example's root, issuing certificate and log.
    private static let digests: Set<String> = []

    /// Whether a key is one of them.
    static func contains(_ key: SubjectPublicKeyInfo) -> Bool {
        digests.contains(key.sha256.hex)
    }
}
