internal import Identity
internal import OpenSSL

/// The extensions of an issued certificate as octets, in their fixed order (CA specification 4.1, 4.2, 5.1).
enum LeafExtensions {
    /// extKeyUsage with id-kp-codeSigning alone.
    static let codeSigningUsage = DERWriter.sequence([DERWriter.objectIdentifier(.codeSigning)])

    /// keyUsage with digitalSignature alone.
    static let digitalSignatureUsage: [UInt8] = [DERTag.bitString, 2, 7, 0x80]

    /// The poison that makes a certificate a precertificate (RFC 6962 §3.1).
    static let poison = CertificateExtension(
        id: .precertificatePoison, isCritical: true, value: DERWriter.null)

    /// All extensions of a leaf but the last one, which is the poison or the list of SCTs.
    static func all(
        for principal: Principal, key: SubjectPublicKeyInfo, issuing: IssuingCertificate
    ) throws(IssuanceRefusal) -> [CertificateExtension] {
        let content = try CertificateProfile.content(of: principal)
        return [
            CertificateExtension(id: .keyUsage, isCritical: true, value: digitalSignatureUsage),
            CertificateExtension(id: .extendedKeyUsage, value: codeSigningUsage),
            CertificateAuthorityProfile.subjectKeyIdentifier(key),
            authorityKeyIdentifier(issuing.keyIdentifier),
            try subjectAlternativeName(content.subjectAlternativeName),
        ] + (try identity(of: principal, content))
    }

    /// authorityKeyIdentifier with the key identifier alone (RFC 5280 §4.2.1.1).
    static func authorityKeyIdentifier(_ identifier: [UInt8]) -> CertificateExtension {
        let keyIdentifier = DERWriter.element(tag: DERTag.context(0, constructed: false), identifier)
        return CertificateExtension(id: .authorityKeyIdentifier, value: DERWriter.sequence([keyIdentifier]))
    }

    /// subjectAltName with one name, critical because the subject is empty (RFC 5280 §4.2.1.6).
    static func subjectAlternativeName(
        _ name: SubjectAlternativeName
    ) throws(IssuanceRefusal) -> CertificateExtension {
        CertificateExtension(
            id: .subjectAlternativeName, isCritical: true, value: DERWriter.sequence([try generalName(name)]))
    }

    /// The name as one GeneralName (RFC 5280 §4.2.1.6).
    private static func generalName(_ name: SubjectAlternativeName) throws(IssuanceRefusal) -> [UInt8] {
        let number: UInt8
        switch name {
        case .email: number = 1
        case .uri: number = 6
        case .otherName(let username):
            guard !username.isEmpty else { throw .certificateContent("the user name is empty") }
            // OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY DEFINED BY type-id }
            // Its tag is the choice [0] of GeneralName in place of SEQUENCE.
            let tag = DERTag.context(0, constructed: true)
            let value = DERWriter.element(tag: tag, DERWriter.utf8String(username))
            return DERWriter.element(tag: tag, DERWriter.objectIdentifier(usernameType) + value)
        }
        guard !name.text.isEmpty, name.text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .certificateContent("the subject alternative name cannot be encoded as an IA5String")
        }
        return DERWriter.element(tag: DERTag.context(number, constructed: false), Array(name.text.utf8))
    }

    /// The type of other names that hold a user name (CA specification 4.2, number 7).
    static let usernameType: ObjectIdentifier = "1.3.6.1.4.1.57264.1.7"

    private static let identifiers = Dictionary(
        FulcioExtension.allCases.compactMap { item in
            ObjectIdentifier(item.objectIdentifier).map { (item, $0) }
        },
        uniquingKeysWith: { first, _ in first })

    /// The arc of Fulcio: issuer in both spellings, what the issuer's kind says, and the token's subject.
    private static func identity(
        of principal: Principal, _ content: CertificateContent
    ) throws(IssuanceRefusal) -> [CertificateExtension] {
        guard !principal.issuer.isEmpty else {
            throw .certificateContent("extensions must have a non-empty issuer url")
        }
        var values = [(FulcioExtension.issuer, principal.issuer), (.issuerV2, principal.issuer)]
        values += content.attributes
        if let subject = principal.subject, !subject.isEmpty { values.append((.subject, subject)) }
        var extensions: [CertificateExtension] = []
        for (item, text) in values.sorted(by: { $0.0 < $1.0 }) {
            guard let id = identifiers[item] else {
                throw .certificateContent("extension \(item.number) has no object identifier")
            }
            let value =
                switch item.encoding {
                case .raw: Array(text.utf8)
                case .derUTF8String: DERWriter.utf8String(text)
                }
            extensions.append(CertificateExtension(id: id, value: value))
        }
        return extensions
    }
}
