package import OpenSSL

/// A tree head with the log's signature (RFC 6962 §3.5).
///
/// The one record from which both `get-sth` and the checkpoint are made, so that they never disagree.
package struct SignedTreeHead: Hashable, Sendable {
    /// What is signed.
    package let head: TreeHead

    /// The signature, the very bytes that both answers carry.
    package let signature: DigitallySigned

    /// A head with a signature that somebody made; nothing is verified.
    package init(head: TreeHead, signature: DigitallySigned) {
        self.head = head
        self.signature = signature
    }

    /// Whether `key` made the signature.
    package func isValid(key: PublicKey) -> Bool {
        signature.isValid(over: head.signedBytes, key: key)
    }

    /// Signs a head and verifies the signature before anyone sees it (transparency-log 1.1.4).
    ///
    /// Throws what the key throws when it cannot sign, and `UnusableLogKey` when it is of another kind or signed
    /// wrongly.
    package static func signing(_ head: TreeHead, with key: any SigningKey) async throws -> SignedTreeHead {
        let bytes = try await key.signature(over: head.signedBytes)
        guard let signature = DigitallySigned(signature: bytes) else { throw UnusableLogKey() }
        let signed = SignedTreeHead(head: head, signature: signature)
        guard signed.isValid(key: key.publicKey) else { throw UnusableLogKey() }
        return signed
    }
}

/// The key offered for the log is no ECDSA P-256 key, or what it signs does not verify.
package struct UnusableLogKey: Error, Hashable, Sendable, CustomStringConvertible {
    /// The only value.
    package init() {}

    package var description: String { "the log key must be an ECDSA P-256 key whose signatures verify" }
}
