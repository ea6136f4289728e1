package import OpenSSL

/// What is logged: a certificate, or what a precertificate promises (RFC 6962 §3.1, §3.2).
package enum LogEntry: Hashable, Sendable {
    /// An end-entity certificate in DER.
    case x509Entry(certificate: [UInt8])
    /// The stripped TBSCertificate in DER and H(SubjectPublicKeyInfo) of the final certificate's issuer.
    case precertEntry(issuerKeyHash: SHA256Digest, tbsCertificate: [UInt8])

    /// The type and the signed entry, as they stand in a leaf.
    ///
    /// Also what finds duplicates: a leaf without its time and extensions (transparency-log 1.7.1). Throws when the
    /// certificate is longer than 2^24 - 1 bytes.
    package func encoded() throws(TLSEncodingError) -> [UInt8] {
        var out = TLSWriter(capacity: encodedByteCount)
        try encode(into: &out)
        return out.bytes
    }

    /// Bytes of the encoded form.
    var encodedByteCount: Int {
        switch self {
        case .x509Entry(let certificate): 2 + 3 + certificate.count
        case .precertEntry(_, let tbsCertificate): 2 + SHA256Digest.byteCount + 3 + tbsCertificate.count
        }
    }

    /// Writes the encoded form; throws like `encoded`.
    func encode(into out: inout TLSWriter) throws(TLSEncodingError) {
        // LogEntryType entry_type; select (entry_type) { case x509_entry: ASN.1Cert; case precert_entry: PreCert; }
        switch self {
        case .x509Entry(let certificate):
            out.append(UInt16(0))
            try out.append(certificate, length: .bits24)
        case .precertEntry(let issuerKeyHash, let tbsCertificate):
            out.append(UInt16(1))
            out.append(issuerKeyHash)
            try out.append(tbsCertificate, length: .bits24)
        }
    }

    /// Reads the type and the signed entry.
    init(reading reader: inout TLSReader) throws(TLSDecodingError) {
        switch try reader.number(bits: 16) {
        case 0:
            self = .x509Entry(certificate: try Self.certificate(&reader))
        case 1:
            self = .precertEntry(issuerKeyHash: try reader.digest(), tbsCertificate: try Self.certificate(&reader))
        default:
            throw .malformed("entry type")
        }
    }

    private static func certificate(_ reader: inout TLSReader) throws(TLSDecodingError) -> [UInt8] {
        let bytes = try reader.vector(length: .bits24)
        guard !bytes.isEmpty else { throw .malformed("certificate without bytes") }
        return bytes
    }
}
