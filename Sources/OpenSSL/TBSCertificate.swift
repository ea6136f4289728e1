/// The to-be-signed part of a certificate, read from strict DER (RFC 5280 §4.1.2).
package struct TBSCertificate: Hashable, Sendable {
    /// The bytes as read.
    package let der: [UInt8]

    /// 1, 2 or 3.
    package let version: Int

    /// The serial number's content octets.
    package let serialNumber: [UInt8]

    /// The inner signature algorithm, a DER AlgorithmIdentifier.
    package let signatureAlgorithm: [UInt8]

    /// The issuer's Name as DER.
    package let issuer: [UInt8]

    /// The first second of validity.
    package let notBefore: Timestamp

    /// The last second of validity.
    package let notAfter: Timestamp

    /// The subject's Name as DER.
    package let subject: [UInt8]

    /// The certified key.
    package let subjectPublicKeyInfo: SubjectPublicKeyInfo

    /// The extensions in order; no identifier occurs twice.
    package let extensions: [CertificateExtension]

    /// Where each element of `extensions` lies in `der`.
    package let extensionRanges: [Range<Int>]

    /// Where the fields before the extensions lie in `der`, from the version on.
    package let fieldsBeforeExtensions: Range<Int>

    /// Reads exactly one TBSCertificate; throws for trailing bytes, duplicate extensions and all that is not DER.
    package init(der: [UInt8]) throws(DERError) {
        var outer = DERReader(der)
        let content = try outer.next(tag: DERTag.sequence).content
        var body = DERReader(der, in: content)
        try outer.requireEnd()
        version = try Self.readVersion(&body)
        serialNumber = try Self.readSerialNumber(&body)
        signatureAlgorithm = Array(der[try body.next(tag: DERTag.sequence).encoded])
        issuer = try Self.readName(&body)
        var validity = try body.nested(tag: DERTag.sequence)
        notBefore = try DERTime.read(&validity)
        notAfter = try DERTime.read(&validity)
        try validity.requireEnd()
        subject = try Self.readName(&body)
        let key = try body.next(tag: DERTag.sequence)
        do {
            subjectPublicKeyInfo = try SubjectPublicKeyInfo(der: Array(der[key.encoded]))
        } catch {
            throw DERError("subjectPublicKeyInfo in a form that is not accepted")
        }
        try Self.skipUniqueIdentifiers(&body)
        var end = content.upperBound
        (extensions, extensionRanges) = try Self.readExtensions(&body, version, start: &end)
        try body.requireEnd()
        fieldsBeforeExtensions = content.lowerBound..<end
        self.der = der
    }

    /// The encoding with other octets as the list of extensions (transparency-log 1.4.2).
    ///
    /// Three lengths are written anew and everything else is copied. Without any octet the field itself goes: its list
    /// is never empty (RFC 5280 §4.1).
    package func encoded(withExtensions list: some Collection<UInt8>) -> [UInt8] {
        let fields = der[fieldsBeforeExtensions]
        guard !list.isEmpty else { return DERWriter.element(tag: DERTag.sequence, Array(fields)) }
        // [3] EXPLICIT SEQUENCE SIZE (1..MAX) OF Extension
        let extensions = DERWriter.element(
            tag: DERTag.context(3, constructed: true), DERWriter.element(tag: DERTag.sequence, Array(list)))
        return DERWriter.element(tag: DERTag.sequence, fields + extensions)
    }

    private static func readVersion(_ body: inout DERReader) throws(DERError) -> Int {
        guard body.peekTag() == DERTag.context(0, constructed: true) else { return 1 }
        var explicit = try body.nested(tag: DERTag.context(0, constructed: true))
        let value = try explicit.unsignedInteger()
        try explicit.requireEnd()
        // v1 is the default and therefore never written in DER.
        guard value == [1] || value == [2] else { throw DERError("unknown version") }
        return Int(value[0]) + 1
    }

    private static func readSerialNumber(_ body: inout DERReader) throws(DERError) -> [UInt8] {
        let content = try body.content(tag: DERTag.integer)
        guard (1...20).contains(content.count) else { throw DERError("serial number of 0 or over 20 octets") }
        let isPadded =
            content.count > 1 && (content[0] == 0 && content[1] < 0x80 || content[0] == 0xFF && content[1] >= 0x80)
        guard !isPadded else { throw DERError("serial number not minimal") }
        return content
    }

    private static func readName(_ body: inout DERReader) throws(DERError) -> [UInt8] {
        let name = try body.next(tag: DERTag.sequence)
        var sets = DERReader(body.bytes, in: name.content)
        while !sets.isAtEnd { _ = try sets.next(tag: DERTag.set) }
        return Array(body.bytes[name.encoded])
    }

    /// Reads over issuerUniqueID and subjectUniqueID, which are never used.
    private static func skipUniqueIdentifiers(_ body: inout DERReader) throws(DERError) {
        for number: UInt8 in [1, 2] where body.peekTag() == DERTag.context(number, constructed: false) {
            _ = try body.next()
        }
    }

    private static func readExtensions(
        _ body: inout DERReader, _ version: Int, start: inout Int
    ) throws(DERError) -> ([CertificateExtension], [Range<Int>]) {
        guard !body.isAtEnd else { return ([], []) }
        guard version == 3 else { throw DERError("extensions in a certificate that is not v3") }
        let field = try body.next(tag: DERTag.context(3, constructed: true))
        start = field.encoded.lowerBound
        var explicit = DERReader(body.bytes, in: field.content)
        var list = try explicit.nested(tag: DERTag.sequence)
        try explicit.requireEnd()
        var extensions: [CertificateExtension] = []
        var ranges: [Range<Int>] = []
        while !list.isAtEnd {
            let element = try list.next(tag: DERTag.sequence)
            let item = try CertificateExtension(content: DERReader(body.bytes, in: element.content))
            guard !extensions.contains(where: { $0.id == item.id }) else { throw DERError("duplicate extension") }
            extensions.append(item)
            ranges.append(element.encoded)
        }
        guard !extensions.isEmpty else { throw DERError("empty list of extensions") }
        return (extensions, ranges)
    }
}
