package import OpenSSL

/// What a checkpoint says, without who signed it: the three lines that witnesses sign too (C2SP tlog-checkpoint).
///
/// Heads of one size and root at different times have one text.
package struct CheckpointText: Hashable, Sendable {
    /// The log's name.
    package let origin: Origin

    /// The number of leaves.
    package let size: TreeSize

    /// The root over them.
    package let root: SHA256Digest

    /// A text from its parts.
    package init(origin: Origin, size: TreeSize, root: SHA256Digest) {
        (self.origin, self.size, self.root) = (origin, size, root)
    }

    /// The lines, each with its newline.
    package var lines: String { "\(origin)\n\(size.value)\n\(Base64.encode(root.bytes))\n" }
}

extension Checkpoint {
    /// What the checkpoint says, whoever signed it and when.
    package var text: CheckpointText {
        CheckpointText(origin: origin, size: signedTreeHead.head.size, root: signedTreeHead.head.root)
    }
}
