import OpenSSL
import StrictJSON
import TransparencyLog

extension SignedTreeHead {
    /// Reads the body of `get-sth` as a monitor does; nil when a member is missing or malformed.
    init?(json: JSONValue) {
        guard let size = json["tree_size"]?.integer.flatMap({ UInt64(exactly: $0) }).flatMap(TreeSize.init),
            let time = json["timestamp"]?.integer.flatMap({ UInt64(exactly: $0) }),
            let rootText = json["sha256_root_hash"]?.string,
            let root = Base64.decodeStandard(Array(rootText.utf8)).flatMap({ SHA256Digest($0) }),
            let signatureText = json["tree_head_signature"]?.string,
            let signatureBytes = Base64.decodeStandard(Array(signatureText.utf8)),
            let signature = DigitallySigned(encoded: signatureBytes)
        else { return nil }
        let head = TreeHead(size: size, root: root, timestamp: Timestamp(milliseconds: time))
        self.init(head: head, signature: signature)
    }
}
