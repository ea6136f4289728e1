package import OpenSSL

/// What a record says.
package struct ParsedRecord: Hashable, Sendable {
    /// The bytes that the leaf hash covers.
    package let leafInput: [UInt8]

    /// What was submitted, without time and position: the input of the key that finds duplicates.
    package let identity: [UInt8]

    /// Where the record says that it stands.
    package let index: LeafIndex

    /// When it was accepted.
    package let timestamp: Timestamp

    /// The digests of the attachments it refers to, in order.
    package let attachments: [SHA256Digest]

    /// What a record says, field by field.
    package init(
        leafInput: [UInt8], identity: [UInt8], index: LeafIndex, timestamp: Timestamp, attachments: [SHA256Digest]
    ) {
        self.leafInput = leafInput
        self.identity = identity
        self.index = index
        self.timestamp = timestamp
        self.attachments = attachments
    }
}
