internal import OpenSSL
internal import StrictJSON

/// Private keys as Sigstore's tools write them: JSON in a PEM block (go-securesystemslib, package `encrypted`).
///
/// `{"kdf":{"name":"scrypt","params":{"N":…,"r":…,"p":…},"salt":…},"cipher":{"name":"nacl/secretbox","nonce":…},
/// "ciphertext":…}` with octets in base64; a PKCS#8 key is inside.
enum SigstorePrivateKey {
    /// The labels of their PEM blocks, of newer and of older tools.
    static let labels: Set<String> = ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"]

    /// Reads the octets of a PEM block; nil unless every member is there and the derivation's cost is within bounds.
    static func sealed(in bytes: [UInt8]) -> SealedPrivateKey? {
        guard let value = try? JSONValue(parsing: bytes, limits: JSONLimits(byteCount: 64 << 10)),
            let derivation = value["kdf"], derivation["name"]?.string == "scrypt",
            let parameters = derivation["params"], let n = parameters["N"]?.integer,
            let r = parameters["r"]?.integer, let p = parameters["p"]?.integer,
            let salt = octets(derivation["salt"]), let scrypt = Scrypt(n: n, r: r, p: p, salt: salt),
            let cipher = value["cipher"], cipher["name"]?.string == "nacl/secretbox",
            let nonce = octets(cipher["nonce"]), let box = octets(value["ciphertext"])
        else { return nil }
        return SealedPrivateKey(derivation: scrypt, nonce: nonce, box: box)
    }

    private static func octets(_ value: JSONValue?) -> [UInt8]? {
        value?.string.flatMap { Base64.decodeStandard(Array($0.utf8)) }
    }
}
