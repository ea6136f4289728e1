package import OpenSSL
internal import TransparencyLog

/// Reads the public key of another log from a file (CA specification 6.5).
package enum RemoteLogKey {
    /// Why a file is no key of a log, in one line for the operator.
    package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    private static let ending = Array("-----END PUBLIC KEY-----".utf8)

    /// The key in a PEM text that holds one SubjectPublicKeyInfo and nothing after it, not even an empty line.
    ///
    /// Throws for other keys than ECDSA P-256 and RSA of at least 2048 bits (RFC 6962 §2.1.4).
    package static func read(pem: [UInt8]) throws(Refusal) -> PublicKey {
        guard let block = PEM.firstBlock(in: pem) else {
            throw Refusal(description: "invalid public key: no PEM block")
        }
        guard block.label == "PUBLIC KEY" else {
            throw Refusal(description: "invalid public key: a PEM block of another type than PUBLIC KEY")
        }
        guard PEM.blocks(in: pem)?.count == 1, withoutLineEnd(pem).suffix(ending.count).elementsEqual(ending) else {
            throw Refusal(description: "invalid public key: extra data found after PEM key decoded")
        }
        guard let info = try? SubjectPublicKeyInfo(der: block.bytes), let key = try? PublicKey(info) else {
            throw Refusal(description: "invalid public key: not a key that can be read")
        }
        guard key.isLogKey || key.isRSALogKey else { throw Refusal(description: refusal(of: info)) }
        return key
    }

    /// The text without the end of its last line, if it has one.
    private static func withoutLineEnd(_ text: [UInt8]) -> ArraySlice<UInt8> {
        var rest = text[...]
        if rest.last == 0x0A { rest = rest.dropLast() }
        if rest.last == 0x0D { rest = rest.dropLast() }
        return rest
    }

    private static func refusal(of info: SubjectPublicKeyInfo) -> String {
        switch info.key {
        case .ellipticCurve: "public is ECDSA, but not on the P256 curve"
        case .rsa: "public key is RSA with less than 2048 bits"
        case .ed25519, .unsupported: "unsupported public key type: neither ECDSA nor RSA"
        }
    }
}
