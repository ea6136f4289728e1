extension Certificate {
    /// What basicConstraints says (RFC 5280 §4.2.1.9).
    package struct BasicConstraints: Hashable, Sendable {
        /// Whether the extension is critical, as it must be in a CA certificate.
        package let isCritical: Bool
        /// Whether the certificate may issue others.
        package let isAuthority: Bool
        /// How many intermediates may stand below it; nil when there is no limit.
        package let pathLength: Int?
    }

    /// The basic constraints; nil when the extension is missing or malformed.
    package var basicConstraints: BasicConstraints? {
        guard let item = firstExtension(.basicConstraints) else { return nil }
        return try? BasicConstraints(item)
    }

    /// Whether keyUsage has keyCertSign; nil when there is no such extension, false when it is malformed.
    package var allowsCertificateSigning: Bool? {
        guard let usage = firstExtension(.keyUsage) else { return nil }
        var reader = DERReader(usage.value)
        // KeyUsage ::= BIT STRING: the first content octet counts unused bits, keyCertSign is bit 5.
        guard let content = try? reader.content(tag: DERTag.bitString), content.count >= 2 else { return false }
        return content[1] & 0x04 != 0
    }

    /// The purposes of extKeyUsage (RFC 5280 §4.2.1.12); nil when there is no such extension, empty when malformed.
    package var extendedKeyUsages: [ObjectIdentifier]? {
        guard let usage = firstExtension(.extendedKeyUsage) else { return nil }
        return (try? Self.purposes(usage.value)) ?? []
    }

    private static func purposes(_ value: [UInt8]) throws(DERError) -> [ObjectIdentifier] {
        var outer = DERReader(value)
        var list = try outer.nested(tag: DERTag.sequence)
        try outer.requireEnd()
        var purposes: [ObjectIdentifier] = []
        while !list.isAtEnd { purposes.append(try list.objectIdentifier()) }
        return purposes
    }
}

extension Certificate.BasicConstraints {
    fileprivate init(_ item: CertificateExtension) throws(DERError) {
        // BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }
        var outer = DERReader(item.value)
        var body = try outer.nested(tag: DERTag.sequence)
        try outer.requireEnd()
        isCritical = item.isCritical
        isAuthority = body.peekTag() == DERTag.boolean
        if isAuthority { try body.trueBoolean() }
        guard !body.isAtEnd else {
            pathLength = nil
            return
        }
        let octets = try body.unsignedInteger()
        try body.requireEnd()
        guard octets.count == 1 else { throw DERError("path length above 255") }
        pathLength = Int(octets[0])
    }
}
