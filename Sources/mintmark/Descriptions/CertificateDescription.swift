internal import CertificateTransparency
internal import Identity
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// A certificate in the words of a person who has to judge it.
struct CertificateDescription {
    let certificate: Certificate

    init(_ certificate: Certificate) {
        self.certificate = certificate
    }

    /// What kind of certificate it is.
    var kind: String {
        if certificate.firstExtension(.precertificatePoison) != nil { return "Precertificate (RFC 6962)" }
        if certificate.basicConstraints?.isAuthority == true {
            return certificate.issuer == certificate.subject ? "Root certificate" : "CA certificate"
        }
        return "Certificate"
    }

    /// Everything that matters, one row a fact.
    var rows: Rows {
        var rows = Rows()
        rows.add("who", names.isEmpty ? nil : names.joined(separator: ", "))
        rows.add("vouched for by", value(.issuerV2) ?? value(.issuer))
        rows.add("repository", value(.sourceRepositoryURI))
        rows.add("at", value(.sourceRepositoryRef))
        rows.add("workflow", value(.buildConfigURI))
        if certificate.subject.count > 2 { rows.add("subject", DistinguishedName.description(of: certificate.subject)) }
        rows.add("issued by", DistinguishedName.description(of: certificate.issuer))
        rows.add("valid from", certificate.notBefore.rfc3339)
        rows.add("valid until", certificate.notAfter.rfc3339)
        rows.add("serial", certificate.serialNumber.hexadecimal)
        rows.add("key", KeyDescription.text(certificate.subjectPublicKeyInfo))
        rows.add("usage", usage)
        for timestamp in timestamps {
            rows.add("log index", timestamp.leafIndex.map { String($0.value) } ?? "not stated")
            rows.add("logged at", "\(timestamp.timestamp.rfc3339) by log \(timestamp.logID.hex)")
        }
        rows.add("SHA-256", certificate.fingerprint.hex)
        if !extensions.isEmpty { rows.addHeading("Fulcio extensions (1.3.6.1.4.1.57264.1)") }
        for (item, text) in extensions { rows.add("  .\(item.number) \(item.name)", text ?? "(malformed)") }
        return rows
    }

    /// The same facts for a program.
    var json: JSONValue {
        [
            "names": .array(names.map { .string($0) }),
            "issuer": .string(value(.issuerV2) ?? value(.issuer) ?? ""),
            "serialNumber": .string(certificate.serialNumber.hexadecimal),
            "notBefore": .string(certificate.notBefore.rfc3339),
            "notAfter": .string(certificate.notAfter.rfc3339),
            "sha256": .string(certificate.fingerprint.hex),
            "logIndex": timestamps.first?.leafIndex.map { .integer(Int64(clamping: $0.value)) } ?? .null,
            "extensions": .object(
                extensions.map { JSONMember(name: $0.name, value: $1.map { .string($0) } ?? .null) }),
        ]
    }

    /// The names of the subject alternative name extension, each with its kind where it is not obvious.
    var names: [String] {
        guard let value = certificate.firstExtension(.subjectAlternativeName)?.value else { return [] }
        var outer = DERReader(value)
        guard var list = try? outer.nested(tag: DERTag.sequence) else { return ["(malformed)"] }
        var names: [String] = []
        while let name = try? list.next() {
            let text = String(decoding: value[name.content], as: UTF8.self)
            switch name.tag {
            case DERTag.context(1, constructed: false), DERTag.context(6, constructed: false): names.append(text)
            case DERTag.context(2, constructed: false): names.append("DNS:\(text)")
            case DERTag.context(0, constructed: true):
                names.append(Self.username(DERReader(value, in: name.content)) ?? "(a name of kind 0)")
            default: names.append("(a name of kind \(name.tag & 0x1F))")
            }
        }
        return names
    }

    /// The text of an otherName as Fulcio writes it, a UTF8String under 1.3.6.1.4.1.57264.1.7; nil for any other.
    private static func username(_ name: DERReader) -> String? {
        var name = name
        guard (try? name.objectIdentifier()) == "1.3.6.1.4.1.57264.1.7",
            var explicit = try? name.nested(tag: DERTag.context(0, constructed: true)),
            let text = try? explicit.content(tag: DERTag.utf8String), explicit.isAtEnd, name.isAtEnd
        else { return nil }
        return String(validating: text, as: UTF8.self)
    }

    /// Who vouched for the names, in each of the extensions that say so; they must not differ.
    var oidcIssuers: [String] { [value(.issuerV2), value(.issuer)].compactMap(\.self) }

    /// The certificate's timestamps; none when the extension is missing or malformed.
    var timestamps: [SignedCertificateTimestamp] {
        guard let value = certificate.firstExtension(.signedCertificateTimestampList)?.value,
            let list = try? SignedCertificateTimestampList(extensionValue: value)
        else { return [] }
        return list.timestamps
    }

    private var usage: String? {
        certificate.extendedKeyUsages?.map { $0 == .codeSigning ? "code signing" : $0.dotted }.joined(separator: ", ")
    }

    private var extensions: [(FulcioExtension, String?)] {
        FulcioExtension.allCases.compactMap { item in
            guard let id = ObjectIdentifier(item.objectIdentifier), certificate.firstExtension(id) != nil else {
                return nil
            }
            return (item, value(item))
        }
    }

    /// The text of an extension; nil when it is missing or not of its form.
    private func value(_ item: FulcioExtension) -> String? {
        guard let id = ObjectIdentifier(item.objectIdentifier), let value = certificate.firstExtension(id)?.value
        else { return nil }
        return item.text(of: value)
    }
}

/// A public key in words.
enum KeyDescription {
    static func text(_ info: SubjectPublicKeyInfo) -> String {
        let name =
            switch info.key {
            case .ellipticCurve(.p256, _): "ECDSA P-256"
            case .ellipticCurve(.p384, _): "ECDSA P-384"
            case .ellipticCurve(.p521, _): "ECDSA P-521"
            case .rsa: "RSA \(info.rsaModulusBitCount ?? 0)"
            case .ed25519: "Ed25519"
            case .unsupported(let name): name
            }
        return "\(name), SHA-256 \(info.sha256.hex)"
    }
}
