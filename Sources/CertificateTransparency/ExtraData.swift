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

    /// The certificates in `extra_data`: the precertificate when the entry is one, and the chain above it.
    ///
    /// Throws for an empty certificate, for anything that ends too early, and for trailing bytes.
    package static func parse(
        _ bytes: [UInt8], isPrecertificate: Bool
    ) throws(TLSDecodingError) -> (precertificate: [UInt8]?, chain: [[UInt8]]) {
        var reader = TLSReader(bytes)
        let precertificate = isPrecertificate ? try certificate(&reader) : nil
        var list = TLSReader(try reader.vector(length: .bits24))
        try reader.requireEnd()
        var chain: [[UInt8]] = []
        while !list.isAtEnd { chain.append(try certificate(&list)) }
        return (precertificate, chain)
    }

    private static func certificate(_ reader: inout TLSReader) throws(TLSDecodingError) -> [UInt8] {
        let bytes = try reader.vector(length: .bits24)
        guard !bytes.isEmpty else { throw .malformed("certificate without bytes") }
        return bytes
    }
}
