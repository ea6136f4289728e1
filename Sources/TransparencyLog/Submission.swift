package import OpenSSL

/// One entry on its way into the log.
package struct Submission: Sendable {
    /// A record and the bytes its leaf hash covers, both for one position and time.
    package struct Record: Hashable, Sendable {
        /// The bytes for the data tile.
        package let bytes: [UInt8]

        /// The bytes that the leaf hash covers.
        package let leafInput: [UInt8]

        /// A record with the bytes that its leaf hash covers.
        package init(bytes: [UInt8], leafInput: [UInt8]) {
            self.bytes = bytes
            self.leafInput = leafInput
        }
    }

    /// What is submitted, without time and position; equal submissions become one entry.
    package let identity: [UInt8]

    /// H(identity), whole: a shortened key would invite a search for collisions (transparency-log 1.7.1).
    package let key: SHA256Digest

    /// What the record refers to by digest and must be found beside it, such as the certificates of a chain.
    package let attachments: [[UInt8]]

    /// Writes the record for a position and time; throws when it cannot be encoded.
    package let record: @Sendable (_ index: LeafIndex, _ timestamp: Timestamp) throws -> Record

    /// A submission with the closure that writes its record once its place is known.
    package init(
        identity: [UInt8], attachments: [[UInt8]],
        record: @escaping @Sendable (_ index: LeafIndex, _ timestamp: Timestamp) throws -> Record
    ) {
        self.identity = identity
        self.key = SHA256Digest(hashing: identity)
        self.attachments = attachments
        self.record = record
    }

    /// What the submission counts against the limits of the queue.
    package var byteCount: Int { identity.count + attachments.reduce(0) { $0 + $1.count } }
}
