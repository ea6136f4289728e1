internal import OpenSSL
package import StrictJSON
package import TransparencyLog

extension SignedTreeHead {
    /// The body of `get-sth` (RFC 6962 §4.3).
    package var json: JSONValue {
        [
            "tree_size": .integer(Int64(clamping: head.size.value)),
            "timestamp": .integer(Int64(clamping: head.timestamp.milliseconds)),
            "sha256_root_hash": .string(Base64.encode(head.root.bytes)),
            "tree_head_signature": .string(Base64.encode(signature.encoded)),
        ]
    }

    /// Reads the body of `get-sth`; nil when a member is missing or malformed.
    ///
    /// Nothing is verified.
    package init?(json: JSONValue) {
        guard let size = json["tree_size"]?.integer.flatMap(UInt64.init(exactly:)).flatMap(TreeSize.init),
            let time = json["timestamp"]?.integer.flatMap(UInt64.init(exactly:)),
            let root = Self.octets(json, "sha256_root_hash").flatMap({ SHA256Digest($0) }),
            let signature = Self.octets(json, "tree_head_signature").flatMap(DigitallySigned.init(encoded:))
        else { return nil }
        self.init(
            head: TreeHead(size: size, root: root, timestamp: Timestamp(milliseconds: time)), signature: signature)
    }

    private static func octets(_ json: JSONValue, _ name: String) -> [UInt8]? {
        json[name]?.string.flatMap { Base64.decodeStandard(Array($0.utf8)) }
    }
}
