extension Certificate {
    /// What basicConstraints says (RFC 5280 §4.2.1.9).
    package struct BasicConstraints: Hashable, Sendable {
        /// Whether the extension is critical, as it must be in a CA certificate.
        package let isCritical: Bool
        /// Whether the certificate may issue others.
        package let isAuthority: Bool
        /// How many intermediates may stand below it; nil when there is no limit.
        package let pathLength: Int?

        /// Reads the extension; throws when it is not exactly one BasicConstraints.
        init(_ item: CertificateExtension) throws(DERError) {
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
}
