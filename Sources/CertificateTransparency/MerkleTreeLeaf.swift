package import OpenSSL
internal import TransparencyLog

/// An entry with its time and extensions (RFC 6962 §3.4).
package struct MerkleTreeLeaf: Hashable, Sendable {
    /// When the log accepted the entry.
    package let timestamp: Timestamp

    /// What was logged.
    package let entry: LogEntry

    /// The CtExtensions, uninterpreted.
    package let extensions: [UInt8]

    /// A leaf from its parts.
    package init(timestamp: Timestamp, entry: LogEntry, extensions: [UInt8]) {
        self.timestamp = timestamp
        self.entry = entry
        self.extensions = extensions
    }

    /// The bytes of the leaf, which are also those that a signed certificate timestamp signs (RFC 6962 §3.2).
    ///
    /// Only the meaning of the second byte differs, so they are built once and used twice. Throws for a certificate of
    /// more than 2^24 - 1 bytes or extensions of more than 2^16 - 1.
    package func encoded() throws(TLSEncodingError) -> [UInt8] {
        // struct { Version v1(0); MerkleLeafType timestamped_entry(0) / SignatureType certificate_timestamp(0);
        //          TimestampedEntry; }
        var out = TLSWriter(capacity: 2 + timestampedEntryByteCount)
        out.append(UInt16(0))
        try encodeTimestampedEntry(into: &out)
        return out.bytes
    }

    /// Bytes of the leaf without its version and type.
    var timestampedEntryByteCount: Int { 8 + entry.encodedByteCount + 2 + extensions.count }

    /// Writes the leaf without its version and type, as a data tile has it; throws like `encoded`.
    func encodeTimestampedEntry(into out: inout TLSWriter) throws(TLSEncodingError) {
        // struct { uint64 timestamp; LogEntryType; signed_entry; CtExtensions opaque<0..2^16-1>; } TimestampedEntry;
        out.append(timestamp.milliseconds)
        try entry.encode(into: &out)
        try out.append(extensions, length: .bits16)
    }

    /// The hash of the leaf.
    package func hash() throws(TLSEncodingError) -> SHA256Digest {
        MerkleTree.leafHash(of: try encoded())
    }

    /// Reads a leaf; throws for another version or leaf type and for trailing bytes.
    package init(parsing bytes: [UInt8]) throws(TLSDecodingError) {
        var reader = TLSReader(bytes)
        guard try reader.fixed(2) == [0, 0] else { throw .malformed("version or leaf type") }
        try self.init(readingTimestampedEntry: &reader)
        try reader.requireEnd()
    }

    init(readingTimestampedEntry reader: inout TLSReader) throws(TLSDecodingError) {
        timestamp = Timestamp(milliseconds: try reader.number(bits: 64))
        entry = try LogEntry(reading: &reader)
        extensions = try reader.vector(length: .bits16)
    }
}
