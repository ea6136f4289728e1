internal import OpenSSL

/// How far an index is; written in one transaction with what it speaks of.
struct IndexWatermark: Hashable, Sendable {
    /// The number of entries from the log's first one on that are in the index.
    let size: UInt64

    /// The leaf hash of the last of them, so that an index of another history is noticed; empty without entries.
    let leafHash: [UInt8]

    /// That of an index without entries.
    static let empty = IndexWatermark(size: 0, leafHash: [])
}
