package import OpenSSL

/// An entry as it is stored.
package struct StoredEntry: Hashable, Sendable {
    /// Its position.
    package let index: LeafIndex

    /// The bytes of the data tile.
    package let record: [UInt8]

    /// The hash of its leaf.
    package let leafHash: SHA256Digest

    /// An entry from its columns.
    package init(index: LeafIndex, record: [UInt8], leafHash: SHA256Digest) {
        self.index = index
        self.record = record
        self.leafHash = leafHash
    }
}
