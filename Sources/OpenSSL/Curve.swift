internal import COpenSSL

/// A NIST curve of the algorithms we accept (SEC 2).
package enum Curve: Hashable, Sendable, CaseIterable {
    case p256
    case p384
    case p521

    /// Octets of one coordinate: 32, 48 or 66.
    package var coordinateByteCount: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }

    /// The group's name in libcrypto.
    var groupName: String {
        switch self {
        case .p256: "prime256v1"
        case .p384: "secp384r1"
        case .p521: "secp521r1"
        }
    }

    /// The namedCurve of RFC 5480 §2.1.1.
    var objectIdentifier: ObjectIdentifier {
        switch self {
        case .p256: Self.prime256v1
        case .p384: Self.secp384r1
        case .p521: Self.secp521r1
        }
    }

    private static let prime256v1: ObjectIdentifier = "1.2.840.10045.3.1.7"
    private static let secp384r1: ObjectIdentifier = "1.3.132.0.34"
    private static let secp521r1: ObjectIdentifier = "1.3.132.0.35"

    /// The curve's number in libcrypto's table of objects.
    var nid: Int32 {
        switch self {
        case .p256: NID_X9_62_prime256v1
        case .p384: NID_secp384r1
        case .p521: NID_secp521r1
        }
    }
}
