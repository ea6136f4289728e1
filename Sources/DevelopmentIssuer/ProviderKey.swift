import OpenSSL
import StrictJSON

/// One signing key of the development provider, with the public half as its clients read it.
struct ProviderKey: Sendable {
    let algorithm: SigningAlgorithm
    /// The `kid`: the key's thumbprint, so that a new key never has an old name (RFC 7638).
    let identifier: String
    /// The public key as a JSON Web Key (RFC 7517).
    let webKey: JSONValue
    private let privateKey: PrivateKey

    /// Makes a key.
    ///
    /// Throws when the system cannot make one; an RSA key takes some tenths of a second.
    init(generating algorithm: SigningAlgorithm) throws {
        privateKey = try PrivateKey.generate(algorithm.keyKind)
        guard let required = Self.requiredMembers(of: privateKey.publicKey.subjectPublicKeyInfo.key) else {
            throw ProviderError.keyHasNoWebForm(algorithm)
        }
        // The thumbprint is over exactly these members in this order, without white space (RFC 7638 §3).
        let thumbprint = SHA256Digest(hashing: JSONText(.object(required)).bytes)
        identifier = Base64.encodeURL(thumbprint.bytes)
        self.algorithm = algorithm
        webKey = .object(
            required + [
                JSONMember(name: "kid", value: .string(identifier)),
                JSONMember(name: "use", value: "sig"),
                JSONMember(name: "alg", value: .string(algorithm.rawValue)),
            ]
        )
    }

    /// Signs a payload as a compact JWS (RFC 7515 §3.1).
    func token(over payload: [UInt8]) throws -> String {
        let header = JSONText(
            ["alg": .string(algorithm.rawValue), "kid": .string(identifier), "typ": "JWT"]
        )
        let signed = Base64.encodeURL(header.bytes) + "." + Base64.encodeURL(payload)
        return signed + "." + Base64.encodeURL(try signature(over: Array(signed.utf8)))
    }

    private func signature(over message: [UInt8]) throws -> [UInt8] {
        let signature = try privateKey.signature(over: message, scheme: algorithm.scheme)
        guard case .ellipticCurve(let curve) = algorithm.keyKind else { return signature }
        // JOSE wants r and s side by side, each as long as the field (RFC 7518 §3.4).
        guard let raw = ECDSASignature.raw(der: signature, curve: curve) else {
            throw ProviderError.signatureNotConvertible(algorithm)
        }
        return raw
    }

    /// The members every key of its type has, in the order of RFC 7638 §3.2.
    private static func requiredMembers(of key: SubjectPublicKeyInfo.Key) -> [JSONMember]? {
        switch key {
        case .ellipticCurve(let curve, let point):
            // point = 0x04 || x || y, each coordinate of the field's length.
            let coordinates = point.dropFirst()
            return members([
                ("crv", name(of: curve)), ("kty", "EC"),
                ("x", Base64.encodeURL(Array(coordinates.prefix(curve.coordinateByteCount)))),
                ("y", Base64.encodeURL(Array(coordinates.dropFirst(curve.coordinateByteCount)))),
            ])
        case .rsa(let modulus, let exponent):
            return members([
                ("e", Base64.encodeURL(exponent)), ("kty", "RSA"), ("n", Base64.encodeURL(modulus)),
            ])
        case .ed25519(let bytes):
            return members([("crv", "Ed25519"), ("kty", "OKP"), ("x", Base64.encodeURL(bytes))])
        case .unsupported:
            return nil
        }
    }

    private static func members(_ pairs: [(name: String, text: String)]) -> [JSONMember] {
        pairs.map { JSONMember(name: $0.name, value: .string($0.text)) }
    }

    private static func name(of curve: Curve) -> String {
        switch curve {
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        }
    }
}
