import OpenSSL

/// A way the development provider signs tokens; the raw value is the JOSE name (RFC 7518 §3.1, RFC 8037 §3.1).
package enum SigningAlgorithm: String, Hashable, Sendable, CaseIterable {
    case rs256 = "RS256"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"

    /// What a request without `alg` gets: the algorithm of nearly every provider a certificate authority meets.
    package static let standard = SigningAlgorithm.rs256

    var keyKind: PrivateKey.Kind {
        switch self {
        case .rs256: .rsa(bits: 2048)
        case .es256: .ellipticCurve(.p256)
        case .es384: .ellipticCurve(.p384)
        case .es512: .ellipticCurve(.p521)
        case .edDSA: .ed25519
        }
    }

    var scheme: SignatureScheme {
        switch self {
        case .rs256: .rsaPKCS1(.sha256)
        case .es256: .ecdsa(.sha256)
        case .es384: .ecdsa(.sha384)
        case .es512: .ecdsa(.sha512)
        case .edDSA: .ed25519
        }
    }
}
