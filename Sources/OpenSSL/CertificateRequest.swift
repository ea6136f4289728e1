/// A certificate signing request read from strict DER (RFC 2986 §4).
///
/// Only the key and the proof that its holder signed are ever used; subject and attributes are checked for form alone.
package struct CertificateRequest: Hashable, Sendable {
    /// The certificationRequestInfo, exactly the bytes under the signature.
    package let certificationRequestInfo: [UInt8]

    /// The requested key as DER; it may be of a kind that we do not read.
    package let subjectPublicKeyInfo: [UInt8]

    /// The signatureAlgorithm, a DER AlgorithmIdentifier.
    package let signatureAlgorithm: [UInt8]

    /// The octets of the signature.
    package let signature: [UInt8]

    /// Reads exactly one request; throws for trailing bytes and for anything that is not DER.
    package init(der: [UInt8]) throws(DERError) {
        // CertificationRequest ::= SEQUENCE { certificationRequestInfo, signatureAlgorithm, signature BIT STRING }
        var outer = DERReader(der)
        var body = try outer.nested(tag: DERTag.sequence)
        try outer.requireEnd()
        let info = try body.next(tag: DERTag.sequence)
        signatureAlgorithm = Array(der[try body.next(tag: DERTag.sequence).encoded])
        signature = try body.bitString()
        try body.requireEnd()
        certificationRequestInfo = Array(der[info.encoded])
        subjectPublicKeyInfo = try Self.readInfo(DERReader(der, in: info.content))
    }

    private static func readInfo(_ reader: DERReader) throws(DERError) -> [UInt8] {
        // CertificationRequestInfo ::= SEQUENCE { version INTEGER (0), subject Name, subjectPKInfo, [0] attributes }
        var info = reader
        guard try info.unsignedInteger() == [0] else { throw DERError("version other than 0") }
        var names = try info.nested(tag: DERTag.sequence)
        while !names.isAtEnd { _ = try names.next(tag: DERTag.set) }
        let key = try info.next(tag: DERTag.sequence)
        if !info.isAtEnd {
            var attributes = try info.nested(tag: DERTag.context(0, constructed: true))
            while !attributes.isAtEnd { _ = try attributes.next(tag: DERTag.sequence) }
        }
        try info.requireEnd()
        return Array(info.bytes[key.encoded])
    }
}
