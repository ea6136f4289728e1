package import OpenSSL
package import TransparencyLog

/// An entry as it stands in a data tile (Static CT API, "Log Entries").
///
/// One stored record answers both APIs: a leaf is its beginning, and the chain is found by the fingerprints.
package struct TileLeaf: Hashable, Sendable {
    /// Time, entry and extensions.
    package let leaf: MerkleTreeLeaf

    /// The precertificate as submitted, in DER; nil beside an `x509Entry`.
    package let precertificate: [UInt8]?

    /// H(DER) of each certificate of the chain, from the direct issuer up to the root.
    package let fingerprints: [SHA256Digest]

    /// A record; nil unless there is a precertificate exactly when the entry is one.
    package init?(leaf: MerkleTreeLeaf, precertificate: [UInt8]?, fingerprints: [SHA256Digest]) {
        switch (leaf.entry, precertificate) {
        case (.x509Entry, nil), (.precertEntry, .some): break
        default: return nil
        }
        self.leaf = leaf
        self.precertificate = precertificate
        self.fingerprints = fingerprints
    }

    /// The bytes for the data tile; throws when a part is longer than its length field can say.
    package func encoded() throws(TLSEncodingError) -> [UInt8] {
        // struct { TimestampedEntry; select (entry_type) { case x509_entry: Empty; case precert_entry: ASN.1Cert; };
        //          Fingerprint certificate_chain<0..2^16-1>; } TileLeaf;
        var chain = TLSWriter(capacity: fingerprints.count * SHA256Digest.byteCount)
        for fingerprint in fingerprints { chain.append(fingerprint) }
        var out = TLSWriter(
            capacity: leaf.timestampedEntryByteCount + 3 + (precertificate?.count ?? 0) + 2 + chain.bytes.count)
        try leaf.encodeTimestampedEntry(into: &out)
        if let precertificate { try out.append(precertificate, length: .bits24) }
        try out.append(chain.bytes, length: .bits16)
        return out.bytes
    }

    /// Reads one record; throws when bytes are left.
    package init(parsing bytes: [UInt8]) throws(TLSDecodingError) {
        var reader = TLSReader(bytes)
        try self.init(reading: &reader)
        try reader.requireEnd()
    }

    /// Reads one record and leaves the reader at its end, where a data tile has the next one.
    package init(reading reader: inout TLSReader) throws(TLSDecodingError) {
        leaf = try MerkleTreeLeaf(readingTimestampedEntry: &reader)
        switch leaf.entry {
        case .x509Entry: precertificate = nil
        case .precertEntry:
            let bytes = try reader.vector(length: .bits24)
            guard !bytes.isEmpty else { throw .malformed("precertificate without bytes") }
            precertificate = bytes
        }
        var chain = TLSReader(try reader.vector(length: .bits16))
        var fingerprints: [SHA256Digest] = []
        while !chain.isAtEnd { fingerprints.append(try chain.digest()) }
        self.fingerprints = fingerprints
    }
}

extension RecordFormat {
    /// How a certificate log writes its entries.
    package static let certificateTransparency = RecordFormat(
        parse: { record in
            let tileLeaf = try TileLeaf(parsing: record)
            guard let index = try LeafIndexExtension.index(in: tileLeaf.leaf.extensions) else {
                throw TLSDecodingError.malformed("no leaf index")
            }
            return ParsedRecord(
                leafInput: try tileLeaf.leaf.encoded(), identity: try tileLeaf.leaf.entry.encoded(), index: index,
                timestamp: tileLeaf.leaf.timestamp, attachments: tileLeaf.fingerprints)
        },
        compare: { record, closeness, attachment in
            try SubmittedChain(try TileLeaf(parsing: record), attachment).verify(closeness)
        })
}
