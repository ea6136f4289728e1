internal import OpenSSL

/// The keys in `keys-example`, which everybody knows.
enum ExampleKeys {
    /// H(SubjectPublicKeyInfo) of the example's root and issuing certificate.
    private static let digests: Set<String> = [
        "8c324f8776937b062a406f4445c9b2b50e5421680b67f9917d841865804e9a0c",
        "08bb185e86de2805bff5ba8919f5fc8011abc0ddcc1fb32dba2169a838a23891",
    ]

    /// Whether a key is one of them.
    static func contains(_ key: SubjectPublicKeyInfo) -> Bool {
        digests.contains(key.sha256.hex)
    }
}
