package import OpenSSL

/// An entry that is durably in the tree.
package struct SequencedEntry: Hashable, Sendable {
    /// Its position.
    package let index: LeafIndex

    /// When it was accepted; no head that covers it is older.
    package let timestamp: Timestamp

    /// The record as stored.
    package let record: [UInt8]

    /// The bytes that the leaf hash covers.
    package let leafInput: [UInt8]

    /// An entry as the sequencer answers it.
    package init(index: LeafIndex, timestamp: Timestamp, record: [UInt8], leafInput: [UInt8]) {
        self.index = index
        self.timestamp = timestamp
        self.record = record
        self.leafInput = leafInput
    }
}
