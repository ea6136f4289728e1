internal import Identity
internal import OpenSSL

/// The lint of a to-be-signed leaf: its bytes, read by our own DER walker, against what they were to say.
///
/// The walker shares nothing with libcrypto, which encoded the bytes, nor with the writer that puts another last
/// extension into bytes that are signed already, so a fault in any of them is seen before the CA key is used.
enum ProfileLint {
    /// What a certificate must say, as the request and the CA determine it.
    struct Expectation: Sendable {
        /// The fields as they were prepared, with all extensions.
        var fields: CertificateFields
        /// The issuing certificate's subject key identifier.
        let authorityKeyIdentifier: [UInt8]
        /// The principal's name.
        let name: SubjectAlternativeName
        /// Whether the last extension is the poison or the list of SCTs; false for a certificate without either.
        var isMarked = true
    }

    /// Throws a failure that names the first rule that is broken.
    static func check(_ tbs: TBSCertificate, against expectation: Expectation) throws(IssuanceFailure) {
        let rules =
            rules(tbs, expectation.fields) + extensionRules(tbs, expectation) + derivedRules(tbs, expectation)
        for (rule, isKept) in rules where !isKept { throw .backend(cause: "lint: \(rule)") }
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

    private static func extensionRules(_ tbs: TBSCertificate, _ expectation: Expectation) -> [(String, Bool)] {
        let first: [ObjectIdentifier] = [
            .keyUsage, .extendedKeyUsage, .subjectKeyIdentifier, .authorityKeyIdentifier, .subjectAlternativeName,
        ]
        let last = tbs.extensions.last
        let isPrecertificate = last?.id == .precertificatePoison
        let isMarked = isPrecertificate || last?.id == .signedCertificateTimestampList
        let identity = tbs.extensions.dropFirst(first.count).dropLast(isMarked ? 1 : 0)
        let critical = tbs.extensions.filter(\.isCritical).map(\.id)
        return [
            ("extensions as prepared", tbs.extensions == expectation.fields.extensions),
            ("standard extensions in order", tbs.extensions.prefix(first.count).map(\.id) == first),
            (
                "critical are key usage, name and poison",
                critical == [.keyUsage, .subjectAlternativeName] + (isPrecertificate ? [.precertificatePoison] : [])
            ),
            ("poison or SCT list last, or neither when nothing is embedded", isMarked == expectation.isMarked),
            ("poison is NULL", !isPrecertificate || last?.value == DERWriter.null),
            ("key usage", tbs.extensions.first?.value == LeafExtensions.digitalSignatureUsage),
            ("extended key usage", tbs.extensions.dropFirst().first?.value == LeafExtensions.codeSigningUsage),
            ("identity extensions well-formed", identity.allSatisfy(isIdentity)),
            ("identity extensions rising", isRising(identity.map(\.id))),
        ]
    }

    /// What follows from key, issuing certificate and principal, derived here once more.
    private static func derivedRules(_ tbs: TBSCertificate, _ expectation: Expectation) -> [(String, Bool)] {
        func value(_ id: ObjectIdentifier) -> [UInt8]? { tbs.extensions.first { $0.id == id }?.value }
        let keyIdentifier = HashAlgorithm.sha1.digest(of: tbs.subjectPublicKeyInfo.subjectPublicKey)
        return [
            ("subject key identifier is the key's SHA-1", value(.subjectKeyIdentifier) == [0x04, 20] + keyIdentifier),
            (
                "authority key identifier is the CA's",
                value(.authorityKeyIdentifier).map { isAuthority($0, expectation.authorityKeyIdentifier) } ?? false
            ),
            (
                "exactly the principal's name",
                value(.subjectAlternativeName).map { isOnly(expectation.name, in: $0) } ?? false
            ),
        ]
    }

    /// Whether the value holds one key identifier and nothing else.
    private static func isAuthority(_ value: [UInt8], _ identifier: [UInt8]) -> Bool {
        var outer = DERReader(value)
        guard var body = try? outer.nested(tag: DERTag.sequence), outer.isAtEnd,
            let found = try? body.content(tag: DERTag.context(0, constructed: false))
        else { return false }
        return body.isAtEnd && found == identifier
    }

    /// Whether the value holds one name, of the principal's kind; all but user names in printable ASCII.
    private static func isOnly(_ name: SubjectAlternativeName, in value: [UInt8]) -> Bool {
        var outer = DERReader(value)
        guard var names = try? outer.nested(tag: DERTag.sequence), outer.isAtEnd, let found = try? names.next(),
            names.isAtEnd, !found.content.isEmpty
        else { return false }
        let text = value[found.content]
        if case .otherName(let username) = name {
            return found.tag == DERTag.context(0, constructed: true) && isUsername(username, in: Array(text))
        }
        guard text.allSatisfy({ (0x20...0x7E).contains($0) }) else { return false }
        switch name {
        case .email(let address): return found.tag == 0x81 && text.elementsEqual(address.utf8)
        case .uri(let uri): return found.tag == 0x86 && text.elementsEqual(uri.utf8)
        case .otherName: return false
        }
    }

    /// Whether the content of an otherName is the type of user names and one UTF8String with exactly this text.
    private static func isUsername(_ username: String, in content: [UInt8]) -> Bool {
        var reader = DERReader(content)
        guard let id = try? reader.content(tag: DERTag.objectIdentifier),
            id.elementsEqual(LeafExtensions.usernameType.content),
            var value = try? reader.nested(tag: DERTag.context(0, constructed: true)), reader.isAtEnd,
            let text = try? value.content(tag: DERTag.utf8String), value.isAtEnd
        else { return false }
        return isText(text) && text.elementsEqual(username.utf8)
    }

    /// An extension of Fulcio's arc: 1 to 6 hold text, the later ones exactly one UTF8String with text.
    private static func isIdentity(_ item: CertificateExtension) -> Bool {
        guard let number = fulcioNumber(item.id), number != 7, (1...24).contains(number) else { return false }
        guard number > 6 else { return isText(item.value) }
        var reader = DERReader(item.value)
        guard let text = try? reader.content(tag: DERTag.utf8String), reader.isAtEnd else { return false }
        return isText(text)
    }

    private static let arc: ObjectIdentifier = "1.3.6.1.4.1.57264.1"

    private static func fulcioNumber(_ id: ObjectIdentifier) -> UInt8? {
        guard id.content.count == arc.content.count + 1, id.content.starts(with: arc.content) else { return nil }
        return id.content.last
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else { return false }
        return CertificateText.isClean(text)
    }

    private static func isRising(_ ids: [ObjectIdentifier]) -> Bool {
        let numbers = ids.compactMap(fulcioNumber)
        return zip(numbers, numbers.dropFirst()).allSatisfy(<)
    }
}
