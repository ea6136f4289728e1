package import OpenSSL

/// A signature algorithm a token may be signed with (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// The list is closed: nothing an issuer says can add to it, and no symmetric algorithm is on it.
package enum JWSAlgorithm: String, Hashable, Sendable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"

    /// The curve that ES256, ES384 and ES512 fix; nil for the others.
    package var curve: Curve? {
        switch self {
        case .es256: .p256
        case .es384: .p384
        case .es512: .p521
        default: nil
        }
    }

    /// The scheme a signature of this algorithm is verified with.
    package var scheme: SignatureScheme {
        switch self {
        case .rs256: .rsaPKCS1(.sha256)
        case .rs384: .rsaPKCS1(.sha384)
        case .rs512: .rsaPKCS1(.sha512)
        case .ps256: .rsaPSS(.sha256)
        case .ps384: .rsaPSS(.sha384)
        case .ps512: .rsaPSS(.sha512)
        case .es256: .ecdsa(.sha256)
        case .es384: .ecdsa(.sha384)
        case .es512: .ecdsa(.sha512)
        case .edDSA: .ed25519
        }
    }

    /// Whether a key is of the type and on the curve that this algorithm needs.
    package func fits(_ key: SubjectPublicKeyInfo.Key) -> Bool {
        switch (self, key) {
        case (.rs256, .rsa), (.rs384, .rsa), (.rs512, .rsa), (.ps256, .rsa), (.ps384, .rsa), (.ps512, .rsa): true
        case (.edDSA, .ed25519): true
        case (_, .ellipticCurve(let curve, _)): self.curve == curve
        default: false
        }
    }
}
