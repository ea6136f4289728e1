internal import OpenSSL

/// An algorithm that clients may sign with, by its name in `--client-signing-algorithms`.
package enum ClientSigningAlgorithm: String, CaseIterable, Hashable, Sendable {
    case ecdsaP256SHA256 = "ecdsa-sha2-256-nistp256"
    case ecdsaP384SHA384 = "ecdsa-sha2-384-nistp384"
    case ecdsaP521SHA512 = "ecdsa-sha2-512-nistp521"
    case ecdsaP384SHA256 = "ecdsa-sha2-256-nistp384"
    case ecdsaP521SHA256 = "ecdsa-sha2-256-nistp521"
    case rsa2048SHA256 = "rsa-sign-pkcs1-2048-sha256"
    case rsa3072SHA256 = "rsa-sign-pkcs1-3072-sha256"
    case rsa4096SHA256 = "rsa-sign-pkcs1-4096-sha256"
    case rsaPSS2048SHA256 = "rsa-sign-pss-2048-sha256"
    case rsaPSS3072SHA256 = "rsa-sign-pss-3072-sha256"
    case rsaPSS4096SHA256 = "rsa-sign-pss-4096-sha256"
    case ed25519 = "ed25519"
    case ed25519ph = "ed25519-ph"

    /// The algorithms that are allowed unless the operator says otherwise.
    package static let defaults: [ClientSigningAlgorithm] = [
        .ecdsaP256SHA256, .ecdsaP384SHA384, .ecdsaP521SHA512, .rsa2048SHA256, .rsa3072SHA256, .rsa4096SHA256, .ed25519,
    ]

    /// Whether the name promises more than is compared: only key and hash are, so PSS admits PKCS #1 v1.5.
    package var isMisleading: Bool {
        switch self {
        case .rsaPSS2048SHA256, .rsaPSS3072SHA256, .rsaPSS4096SHA256, .ed25519ph: true
        default: false
        }
    }

    /// Whether a key with a hash is what this algorithm admits.
    func admits(_ key: SubjectPublicKeyInfo, hash: HashAlgorithm?) -> Bool {
        switch self {
        case .ecdsaP256SHA256: key.curve == .p256 && hash == .sha256
        case .ecdsaP384SHA384: key.curve == .p384 && hash == .sha384
        case .ecdsaP521SHA512: key.curve == .p521 && hash == .sha512
        case .ecdsaP384SHA256: key.curve == .p384 && hash == .sha256
        case .ecdsaP521SHA256: key.curve == .p521 && hash == .sha256
        case .rsa2048SHA256, .rsaPSS2048SHA256: key.rsaModulusBitCount == 2048 && hash == .sha256
        case .rsa3072SHA256, .rsaPSS3072SHA256: key.rsaModulusBitCount == 3072 && hash == .sha256
        case .rsa4096SHA256, .rsaPSS4096SHA256: key.rsaModulusBitCount == 4096 && hash == .sha256
        case .ed25519: key.isEd25519 && hash == nil
        case .ed25519ph: key.isEd25519 && hash == .sha512
        }
    }
}

extension SubjectPublicKeyInfo {
    fileprivate var curve: Curve? {
        guard case .ellipticCurve(let curve, _) = key else { return nil }
        return curve
    }

    fileprivate var isEd25519: Bool {
        guard case .ed25519 = key else { return false }
        return true
    }
}
