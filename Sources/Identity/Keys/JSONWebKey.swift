package import OpenSSL
package import StrictJSON

/// One usable public key of an issuer (RFC 7517 §4).
package struct JSONWebKey: Sendable {
    /// Why a member of a key set is passed over; the others stay usable (CA specification, TOK-28).
    package enum Skip: String, Error, Hashable, Sendable, CaseIterable {
        case malformed, unknownType, notForSignatures, algorithmMismatch, weak
        /// The issuer published a private or symmetric key: someone must act.
        case secretPublished
    }

    private static let keyIDLimit = 256
    private static let modulusBitRange = 2048...4096
    private static let secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

    /// The `kid` of the key, at most 256 bytes.
    package let keyID: String?
    /// The only algorithm the key may be used with, when its `alg` says so.
    package let algorithm: JWSAlgorithm?
    /// The key itself.
    package let publicKey: PublicKey

    /// Reads one member of a key set; throws the reason to pass over it.
    package init(_ value: JSONValue) throws(Skip) {
        guard value.members != nil else { throw .malformed }
        guard Self.secretMembers.allSatisfy({ value[$0] == nil }) else { throw .secretPublished }
        try Self.checkUse(value)
        keyID = try Self.keyID(value)
        let algorithm = try Self.algorithm(value)
        let info = try Self.key(value)
        if let algorithm, !algorithm.fits(info.key) { throw .algorithmMismatch }
        try Self.checkStrength(info)
        self.algorithm = algorithm
        do {
            publicKey = try PublicKey(info)
        } catch {
            throw .malformed
        }
    }

    /// Whether the key may verify signatures of an algorithm: its type decides, then its own `alg`.
    package func fits(_ algorithm: JWSAlgorithm) -> Bool {
        algorithm.fits(publicKey.subjectPublicKeyInfo.key) && (self.algorithm ?? algorithm) == algorithm
    }

    /// Whether a token was signed with this key.
    package func verifies(_ jws: CompactJWS) -> Bool {
        guard fits(jws.algorithm) else { return false }
        var signature = jws.signature
        if let curve = jws.algorithm.curve {
            // RFC 7518 §3.4: r and s with the length of the curve each, nothing else.
            guard let der = ECDSASignature.der(raw: signature, curve: curve) else { return false }
            signature = der
        }
        return publicKey.isValidSignature(signature, over: jws.signedBytes, scheme: jws.algorithm.scheme)
    }

    private static func checkUse(_ value: JSONValue) throws(Skip) {
        if let use = value["use"] {
            guard let text = use.string else { throw .malformed }
            guard text.hasSameBytes(as: "sig") else { throw .notForSignatures }
        }
        if let operations = value["key_ops"] {
            guard let elements = operations.elements else { throw .malformed }
            guard elements.contains(where: { $0.string?.hasSameBytes(as: "verify") == true }) else {
                throw .notForSignatures
            }
        }
    }

    private static func keyID(_ value: JSONValue) throws(Skip) -> String? {
        guard let member = value["kid"] else { return nil }
        guard let keyID = member.string, keyID.utf8.count <= keyIDLimit else { throw .malformed }
        return keyID
    }

    private static func algorithm(_ value: JSONValue) throws(Skip) -> JWSAlgorithm? {
        guard let member = value["alg"] else { return nil }
        guard let name = member.string else { throw .malformed }
        guard let algorithm = JWSAlgorithm.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) }) else {
            throw .algorithmMismatch
        }
        return algorithm
    }

    private static func key(_ value: JSONValue) throws(Skip) -> SubjectPublicKeyInfo {
        let info: SubjectPublicKeyInfo?
        switch value["kty"]?.string {
        case "EC":
            let curves: [String: Curve] = ["P-256": .p256, "P-384": .p384, "P-521": .p521]
            guard let curve = value["crv"]?.string.flatMap({ curves[$0] }) else { throw .unknownType }
            info = SubjectPublicKeyInfo(curve: curve, x: try octets(value, "x"), y: try octets(value, "y"))
        case "RSA":
            info = SubjectPublicKeyInfo(rsaModulus: try octets(value, "n"), exponent: try octets(value, "e"))
        case "OKP":
            guard value["crv"]?.string == "Ed25519" else { throw .unknownType }
            info = SubjectPublicKeyInfo(ed25519: try octets(value, "x"))
        default: throw .unknownType
        }
        guard let info else { throw .malformed }
        return info
    }

    private static func octets(_ value: JSONValue, _ name: String) throws(Skip) -> [UInt8] {
        // One leading zero byte is tolerated in numbers; more than that is neither needed nor decoded.
        let limit = (modulusBitRange.upperBound / 8 + 1) * 4 / 3 + 2
        guard let text = value[name]?.string, text.utf8.count <= limit,
            let bytes = Base64.decodeURLUnpadded(Array(text.utf8))
        else { throw .malformed }
        return bytes
    }

    private static func checkStrength(_ info: SubjectPublicKeyInfo) throws(Skip) {
        guard case .rsa(let modulus, let exponent) = info.key else { return }
        // Sizes are read from the bytes: arithmetic with a huge modulus would be the attack (reliability R-34).
        guard let bits = info.rsaModulusBitCount, modulusBitRange.contains(bits) else { throw .weak }
        guard exponent.count <= 4, let last = exponent.last, last & 1 == 1, exponent != [1] else { throw .weak }
        let found = try? RSAWeakness.weaknesses(ofModulus: modulus, fermatRounds: 0)
        guard let found, !found.contains(.rocaFingerprint) else { throw .weak }
    }
}
