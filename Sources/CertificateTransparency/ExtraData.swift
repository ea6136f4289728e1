/// What `get-entries` gives beside a leaf: the certificates that led to it (RFC 6962 §4.6).
package enum ExtraData {
    /// The chain from the direct issuer up to the root, with the precertificate in front when the entry is one.
    ///
    /// Throws when a certificate or the whole chain is longer than 2^24 - 1 bytes.
    package static func encoded(precertificate: [UInt8]?, chain: [[UInt8]]) throws(TLSEncodingError) -> [UInt8] {
        // ASN.1Cert certificate_chain<0..2^24-1>;
        // struct { ASN.1Cert pre_certificate; ASN.1Cert precertificate_chain<0..2^24-1>; } PrecertChainEntry;
        var certificates = TLSWriter()
        for certificate in chain { try certificates.append(certificate, length: .bits24) }
        var out = TLSWriter()
        if let precertificate { try out.append(precertificate, length: .bits24) }
        try out.append(certificates.bytes, length: .bits24)
        return out.bytes
    }
}
