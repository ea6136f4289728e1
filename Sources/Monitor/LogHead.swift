internal import OpenSSL
package import TransparencyLog

/// A tree head whose signature was verified, and the note it came in.
package struct LogHead: Hashable, Sendable {
    /// What the log signed.
    package let signed: SignedTreeHead

    /// The checkpoint as it was served, or made from a tree head of RFC 6962, which has the same signature.
    package let note: [UInt8]

    /// A head with its note; the caller has verified it.
    package init(signed: SignedTreeHead, note: [UInt8]) {
        (self.signed, self.note) = (signed, note)
    }

    /// Size, root and time.
    package var head: TreeHead { signed.head }
}

extension TreeHead {
    /// The head in one line for a person.
    package var text: String { "size \(size.value), root \(root.hex), time \(timestamp.rfc3339)" }
}
