/// One extension of a certificate or request (RFC 5280 §4.1.2.9).
package struct CertificateExtension: Hashable, Sendable {
    /// The extnID.
    package let id: ObjectIdentifier

    /// Whether a reader that does not know the extension must refuse the certificate.
    package let isCritical: Bool

    /// The octets inside the extnValue OCTET STRING.
    package let value: [UInt8]

    /// An extension to be encoded.
    package init(id: ObjectIdentifier, isCritical: Bool = false, value: [UInt8]) {
        self.id = id
        self.isCritical = isCritical
        self.value = value
    }

    /// Reads the content of one Extension.
    init(content: DERReader) throws(DERError) {
        // Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
        var content = content
        id = try content.objectIdentifier()
        isCritical = content.peekTag() == DERTag.boolean
        if isCritical { try content.trueBoolean() }
        value = try content.content(tag: DERTag.octetString)
        try content.requireEnd()
    }

    /// The DER of the whole Extension; a FALSE critical is left out.
    package var der: [UInt8] {
        DERWriter.sequence(
            [DERWriter.objectIdentifier(id)]
                + (isCritical ? [DERWriter.element(tag: DERTag.boolean, [0xFF])] : [])
                + [DERWriter.octetString(value)]
        )
    }
}
