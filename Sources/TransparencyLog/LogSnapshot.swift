package import OpenSSL

/// One unchanging view of a store.
package protocol LogSnapshot {
    /// The bytes of a tile of hashes, as wide as it is; empty when there is none.
    func tile(level: Int, index: UInt64) throws -> [UInt8]

    /// The entries at positions in a range, in order, as long as their records have not reached `byteCount`.
    ///
    /// The first one is answered however long it is. Positions beyond the last entry are left out.
    func entries(in range: Range<UInt64>, byteCount: Int) throws -> [StoredEntry]

    /// The position at which an entry with this key should be found; whoever asks compares what is there.
    func index(forKey key: SHA256Digest) throws -> LeafIndex?

    /// The lowest position of a leaf with this hash.
    func index(ofLeafHash hash: SHA256Digest) throws -> LeafIndex?

    /// The attachment with this digest.
    func attachment(_ digest: SHA256Digest) throws -> [UInt8]?
}
