package import OpenSSL

/// Which keys are certified, and with which hash (CA specification 3.4, 3.5).
package struct KeyPolicy: Sendable {
    private let algorithms: [ClientSigningAlgorithm]

    /// A policy that admits these algorithms.
    package init(allowed algorithms: [ClientSigningAlgorithm] = ClientSigningAlgorithm.defaults) {
        self.algorithms = algorithms
    }

    /// Refuses keys that are too small, oddly made, or of a kind that can be factored.
    ///
    /// The same rules hold for the issuing CA's own key. The size is read from the bytes before any arithmetic.
    package func checkStrength(of key: SubjectPublicKeyInfo) throws(IssuanceRefusal) {
        switch key.key {
        case .ellipticCurve, .ed25519: return
        case .unsupported(let name): throw .keyInsecure("\(name) key")
        case .rsa(let modulus, let exponent):
            guard [2048, 3072, 4096].contains(key.rsaModulusBitCount) else {
                throw .keyInsecure("RSA modulus of \(key.rsaModulusBitCount ?? 0) bits")
            }
            guard exponent == [1, 0, 1] else { throw .keyInsecure("RSA exponent other than 65537") }
            if let weakness = Self.weakness(ofModulus: modulus) { throw .keyInsecure(weakness) }
        }
    }

    /// Refuses a key and hash that are not on the list.
    package func checkAllowed(_ key: SubjectPublicKeyInfo, hash: HashAlgorithm?) throws(IssuanceRefusal) {
        guard !algorithms.contains(where: { $0.admits(key, hash: hash) }) else { return }
        throw .signingAlgorithmNotPermitted(keyType: Self.referenceName(of: key), hash: Self.referenceName(of: hash))
    }

    private static func weakness(ofModulus magnitude: [UInt8]) -> String? {
        do {
            let found = try RSAWeakness.weaknesses(ofModulus: magnitude, fermatRounds: 100)
            return found.isEmpty ? nil : "RSA modulus with \(found.map(\.rawValue).sorted().joined(separator: ", "))"
        } catch {
            return "RSA modulus that could not be checked"
        }
    }

    /// The name of the key's type as the reference implementation prints it.
    private static func referenceName(of key: SubjectPublicKeyInfo) -> String {
        switch key.key {
        case .ellipticCurve: "*ecdsa.PublicKey"
        case .rsa: "*rsa.PublicKey"
        case .ed25519: "ed25519.PublicKey"
        case .unsupported(let name): name
        }
    }

    private static func referenceName(of hash: HashAlgorithm?) -> String {
        switch hash {
        case .sha1: "SHA-1"
        case .sha256: "SHA-256"
        case .sha384: "SHA-384"
        case .sha512: "SHA-512"
        case nil: "unknown hash value 0"
        }
    }
}
