package import OpenSSL

/// The timestamps that a certificate carries (RFC 6962 §3.3).
package struct SignedCertificateTimestampList: Hashable, Sendable {
    /// At least one.
    package let timestamps: [SignedCertificateTimestamp]

    /// A list; nil when it is empty.
    package init?(_ timestamps: [SignedCertificateTimestamp]) {
        guard !timestamps.isEmpty else { return nil }
        self.timestamps = timestamps
    }

    /// The X.509 extension, which is not critical.
    ///
    /// Its value is an OCTET STRING with the list, inside the OCTET STRING that every extension value is. Throws when
    /// the list is longer than 2^16 - 1 bytes.
    package func certificateExtension() throws(TLSEncodingError) -> CertificateExtension {
        // opaque SerializedSCT<1..2^16-1>; struct { SerializedSCT sct_list<1..2^16-1>; }
        var list = TLSWriter()
        for timestamp in timestamps { try list.append(try timestamp.encoded(), length: .bits16) }
        var out = TLSWriter()
        try out.append(list.bytes, length: .bits16)
        return CertificateExtension(
            id: .signedCertificateTimestampList, value: DERWriter.octetString(out.bytes))
    }

    /// Reads the value of the X.509 extension; throws for an empty list, trailing bytes and malformed timestamps.
    package init(extensionValue: [UInt8]) throws(TLSDecodingError) {
        let content: [UInt8]
        do {
            var outer = DERReader(extensionValue)
            content = try outer.content(tag: DERTag.octetString)
            try outer.requireEnd()
        } catch {
            throw .malformed("no octet string")
        }
        var reader = TLSReader(content)
        var list = TLSReader(try reader.vector(length: .bits16))
        try reader.requireEnd()
        var timestamps: [SignedCertificateTimestamp] = []
        while !list.isAtEnd {
            timestamps.append(try SignedCertificateTimestamp(parsing: try list.vector(length: .bits16)))
        }
        guard !timestamps.isEmpty else { throw .malformed("empty list") }
        self.timestamps = timestamps
    }
}
