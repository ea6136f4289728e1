internal import OpenSSL

/// The lint of a to-be-signed leaf: its bytes, read by our own DER walker, against what they were to say.
///
/// The walker shares nothing with libcrypto, which encoded the bytes, so a fault in either is seen before the CA key
/// is used.
enum ProfileLint {
    /// The longest to-be-signed certificate, in octets; leaves room for the signature within 16 KiB.
    private static let maximumByteCount = 15 * 1024

    /// Throws a failure that names the first rule that is broken, or a refusal when the certificate is too large.
    static func check(_ tbs: TBSCertificate, against fields: CertificateFields) throws {
        guard tbs.der.count <= maximumByteCount else {
            throw IssuanceRefusal.certificateContent("the certificate would be larger than 16 KiB")
        }
        for (rule, isKept) in rules(tbs, fields) + extensionRules(tbs, fields) where !isKept {
            throw IssuanceFailure.backend(cause: "lint: \(rule)")
        }
    }

    private static func rules(_ tbs: TBSCertificate, _ fields: CertificateFields) -> [(String, Bool)] {
        let serial = tbs.serialNumber
        return [
            ("version 3", tbs.version == 3),
            ("serial positive, 1 to 20 octets", serial.count <= 20 && serial.first.map { $0 < 0x80 } ?? false),
            ("serial not zero", serial.contains { $0 != 0 }),
            ("serial as drawn", Array(serial.drop { $0 == 0 }) == Array(fields.serialNumber.drop { $0 == 0 })),
            ("signature algorithm of the CA key", tbs.signatureAlgorithm == fields.signatureAlgorithm),
            ("issuer bytes are the CA's subject bytes", tbs.issuer == fields.issuer),
            ("subject empty", tbs.subject == DERWriter.sequence([])),
            ("notBefore as read from the clock", tbs.notBefore == fields.notBefore),
            ("notAfter ten minutes later", tbs.notAfter == tbs.notBefore.adding(milliseconds: 600_000)),
            ("key in the requested encoding", tbs.subjectPublicKeyInfo == fields.subjectPublicKeyInfo),
            ("extensions at the end", tbs.extensionRanges.last?.upperBound == tbs.der.count),
        ]
    }

    private static func extensionRules(_ tbs: TBSCertificate, _ fields: CertificateFields) -> [(String, Bool)] {
        let first: [ObjectIdentifier] = [
            .keyUsage, .extendedKeyUsage, .subjectKeyIdentifier, .authorityKeyIdentifier, .subjectAlternativeName,
        ]
        let last = tbs.extensions.last
        let identity = tbs.extensions.dropFirst(first.count).dropLast()
        let critical = tbs.extensions.filter(\.isCritical).map(\.id)
        let isPrecertificate = last?.id == .precertificatePoison
        return [
            ("extensions as prepared", tbs.extensions == fields.extensions),
            ("standard extensions in order", tbs.extensions.prefix(first.count).map(\.id) == first),
            (
                "critical are key usage, name and poison",
                critical == [.keyUsage, .subjectAlternativeName] + (isPrecertificate ? [.precertificatePoison] : [])
            ),
            ("poison or SCT list last", isPrecertificate || last?.id == .signedCertificateTimestampList),
            ("poison is NULL", !isPrecertificate || last?.value == DERWriter.null),
            ("key usage", tbs.extensions.first?.value == LeafExtensions.digitalSignatureUsage),
            ("extended key usage", tbs.extensions.dropFirst().first?.value == LeafExtensions.codeSigningUsage),
            ("one name of an allowed kind", tbs.extensions.dropFirst(4).first.map { isOneName($0.value) } ?? false),
            ("identity extensions well-formed", identity.allSatisfy(isIdentity)),
            ("identity extensions rising", isRising(identity.map(\.id))),
        ]
    }

    /// One rfc822Name or URI of printable ASCII.
    private static func isOneName(_ value: [UInt8]) -> Bool {
        var outer = DERReader(value)
        guard var names = try? outer.nested(tag: DERTag.sequence), outer.isAtEnd, let name = try? names.next(),
            names.isAtEnd
        else { return false }
        let kinds = [DERTag.context(1, constructed: false), DERTag.context(6, constructed: false)]
        return kinds.contains(name.tag) && !name.content.isEmpty
            && value[name.content].allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// An extension of Fulcio's arc: 1 to 6 hold text, the later ones exactly one UTF8String with text.
    private static func isIdentity(_ item: CertificateExtension) -> Bool {
        guard let number = fulcioNumber(item.id), number != 7, (1...24).contains(number) else { return false }
        guard number > 6 else { return isText(item.value) }
        var reader = DERReader(item.value)
        guard let text = try? reader.content(tag: DERTag.utf8String), reader.isAtEnd else { return false }
        return isText(text)
    }

    private static func fulcioNumber(_ id: ObjectIdentifier) -> UInt8? {
        let arc: ObjectIdentifier = "1.3.6.1.4.1.57264.1"
        guard id.content.count == arc.content.count + 1, id.content.starts(with: arc.content) else { return nil }
        return id.content.last
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else { return false }
        return text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    private static func isRising(_ ids: [ObjectIdentifier]) -> Bool {
        let numbers = ids.compactMap(fulcioNumber)
        return zip(numbers, numbers.dropFirst()).allSatisfy(<)
    }
}
