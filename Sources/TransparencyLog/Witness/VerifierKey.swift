internal import OpenSSL

/// A key that verifies signatures of notes, as configuration files have it (C2SP signed-note, "Verifier keys").
package struct VerifierKey: Hashable, Sendable {
    /// The kinds of signature that are told apart here.
    package enum Kind {
        /// An RFC 6962 tree head (Static CT API).
        package static let treeHead: UInt8 = 0x05
        /// A timestamped Ed25519 cosignature (C2SP tlog-cosignature).
        package static let ed25519Cosignature: UInt8 = 0x04
        /// A timestamped ML-DSA-44 cosignature (C2SP tlog-cosignature).
        package static let mlDSA44Cosignature: UInt8 = 0x06
    }

    /// The key's name.
    package let name: String

    /// The four bytes that tell keys of one name apart.
    package let keyID: [UInt8]

    /// The kind of signature that the key is for.
    package let kind: UInt8

    /// The key itself, in the encoding of its kind.
    package let key: [UInt8]

    /// Reads `<name>+<key ID in hexadecimal>+<base64 of kind and key>`; nil when it is something else.
    ///
    /// Whether the key ID belongs to the key is for whoever knows the kind.
    package init?(_ text: String) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
            parts[1].utf8.count == 8, let keyID = [UInt8](hexadecimal: String(parts[1])),
            keyID.hexadecimal.utf8.elementsEqual(parts[1].utf8),
            let content = Base64.decodeStandard(Array(parts[2].utf8)), content.count > 1, let kind = content.first
        else { return nil }
        (name, self.keyID, self.kind, key) = (String(parts[0]), keyID, kind, Array(content.dropFirst()))
    }

    /// The first four bytes of H(name || 0x0A || kind || key).
    package static func keyID(name: String, kind: UInt8, key: [UInt8]) -> [UInt8] {
        Array(SHA256Digest(hashing: Array(name.utf8) + [0x0A, kind] + key).bytes.prefix(4))
    }

    /// Whether the key ID is the one of name, kind and key.
    package var isConsistent: Bool { keyID == Self.keyID(name: name, kind: kind, key: key) }
}
