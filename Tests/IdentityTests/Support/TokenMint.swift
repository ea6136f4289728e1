import Identity
import OpenSSL
import StrictJSON

/// Signs tokens as an issuer would, with one key.
struct TokenMint: Sendable {
    let key: PrivateKey
    let algorithm: JWSAlgorithm
    let keyID: String?

    init(_ algorithm: JWSAlgorithm = .es256, keyID: String? = "key-1") throws {
        let kind: PrivateKey.Kind =
            switch algorithm {
            case .es256, .es384, .es512: .ellipticCurve(algorithm.curve ?? .p256)
            case .edDSA: .ed25519
            default: .rsa(bits: 2048)
            }
        key = try PrivateKey.generate(kind)
        self.algorithm = algorithm
        self.keyID = keyID
    }

    /// The public key as a member of a key set, with further members or other values for its own.
    func webKey(_ changes: [(String, JSONValue?)] = []) -> JSONValue {
        var members: [JSONMember] =
            switch key.publicKey.subjectPublicKeyInfo.key {
            case .ellipticCurve(let curve, let point):
                [
                    JSONMember(name: "kty", value: "EC"),
                    JSONMember(name: "crv", value: .string(["P-256", "P-384", "P-521"][Self.index(curve)])),
                    JSONMember(name: "x", value: Self.octets(point[1...].prefix(curve.coordinateByteCount))),
                    JSONMember(name: "y", value: Self.octets(point.suffix(curve.coordinateByteCount))),
                ]
            case .rsa(let modulus, let exponent):
                [
                    JSONMember(name: "kty", value: "RSA"), JSONMember(name: "n", value: Self.octets(modulus[...])),
                    JSONMember(name: "e", value: Self.octets(exponent[...])),
                ]
            case .ed25519(let bytes):
                [
                    JSONMember(name: "kty", value: "OKP"), JSONMember(name: "crv", value: "Ed25519"),
                    JSONMember(name: "x", value: Self.octets(bytes[...])),
                ]
            case .unsupported: []
            }
        if let keyID { members.append(JSONMember(name: "kid", value: .string(keyID))) }
        return JSONValue.object(members).changing(changes)
    }

    /// A token with these claims; `header` members replace or add to `alg` and `kid`.
    func token(_ claims: JSONValue, header changes: [(String, JSONValue?)] = []) throws -> [UInt8] {
        var members = [JSONMember(name: "alg", value: .string(algorithm.rawValue))]
        if let keyID { members.append(JSONMember(name: "kid", value: .string(keyID))) }
        return try sign(
            header: JSONText(JSONValue.object(members).changing(changes)).bytes, payload: JSONText(claims).bytes)
    }

    /// A token over any header and payload bytes.
    func sign(header: [UInt8], payload: [UInt8]) throws -> [UInt8] {
        let signed = Array("\(Base64.encodeURL(header)).\(Base64.encodeURL(payload))".utf8)
        var signature = try key.signature(over: signed, scheme: algorithm.scheme)
        if let curve = algorithm.curve { signature = ECDSASignature.raw(der: signature, curve: curve) ?? [] }
        return signed + Array(".\(Base64.encodeURL(signature))".utf8)
    }

    private static func index(_ curve: Curve) -> Int { [Curve.p256, .p384, .p521].firstIndex(of: curve) ?? 0 }

    private static func octets(_ bytes: ArraySlice<UInt8>) -> JSONValue { .string(Base64.encodeURL(Array(bytes))) }
}

extension JSONValue {
    /// This object with some members replaced, added, or taken away where the value is nil.
    func changing(_ changes: [(String, JSONValue?)]) -> JSONValue {
        var members = members ?? []
        for (name, value) in changes {
            let place = members.firstIndex { $0.name == name }
            if let place { members.remove(at: place) }
            guard let value else { continue }
            members.insert(JSONMember(name: name, value: value), at: place ?? members.count)
        }
        return .object(members)
    }
}
