package import OpenSSL

/// What a log says about its tree at one time (RFC 6962 §3.5).
package struct TreeHead: Hashable, Sendable {
    /// The number of leaves.
    package let size: TreeSize

    /// The root over them.
    package let root: SHA256Digest

    /// When it was said; later heads have later times (transparency-log 1.6.1).
    package let timestamp: Timestamp

    /// A head that is not signed yet.
    package init(size: TreeSize, root: SHA256Digest, timestamp: Timestamp) {
        self.size = size
        self.root = root
        self.timestamp = timestamp
    }

    /// The 50 bytes that a signature over the head covers.
    package var signedBytes: [UInt8] {
        // struct { Version v1(0); SignatureType tree_hash(1); uint64 timestamp; uint64 tree_size;
        //          opaque sha256_root_hash[32]; } TreeHeadSignature;
        [0, 1] + BigEndian.bytes(timestamp.milliseconds) + BigEndian.bytes(size.value) + root.bytes
    }
}
