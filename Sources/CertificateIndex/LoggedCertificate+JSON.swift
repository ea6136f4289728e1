internal import Identity
package import OpenSSL
package import StrictJSON
package import TransparencyLog

/// The entry as the audit API and the commands answer with it.
extension LoggedCertificate {
    /// Everything but the certificate itself; `origin` is the log's name.
    package func json(origin: Origin) -> JSONValue { .object(members(origin)) }

    /// The same with the certificate as it was logged, in DER (base64) and PEM.
    package func jsonWithCertificate(origin: Origin) -> JSONValue {
        .object(
            members(origin) + [
                JSONMember(name: "der", value: .string(Base64.encode(certificate.der))),
                JSONMember(name: "pem", value: .string(certificate.pem)),
            ])
    }

    /// The name of an extension in answers: the key of one that Fulcio has, the object identifier of any other.
    package static func name(of id: ObjectIdentifier) -> String { FulcioExtension(key: id.dotted)?.key ?? id.dotted }

    private func members(_ origin: Origin) -> [JSONMember] {
        let values: [(String, JSONValue)] = [
            ("index", .integer(Int64(clamping: index.value))),
            ("timestamp", .integer(Int64(clamping: timestamp.milliseconds))),
            ("kind", .string(isPrecertificate ? "precertificate" : "certificate")),
            ("serial", .string(serial)),
            ("fingerprint", .string(fingerprint.hex)),
            ("spki", .string(certificate.subjectPublicKeyInfo.sha256.hex)),
            ("issuer", oidcIssuers.first.map { .string($0) } ?? .null),
            ("ca", .string(authority)),
            ("caKey", authorityKeyHash.map { .string($0.hex) } ?? .null),
            (
                "subjectAlternativeNames",
                .array(names.map { ["type": .string($0.kind.rawValue), "value": .string($0.value)] })
            ),
            (
                "extensions",
                .object(
                    attributes.map {
                        JSONMember(name: Self.name(of: $0.id), value: $0.text.map { .string($0) } ?? .null)
                    })
            ),
            ("notBefore", .string(certificate.notBefore.rfc3339)),
            ("notAfter", .string(certificate.notAfter.rfc3339)),
            ("log", .string(origin.text)),
        ]
        return values.map { JSONMember(name: $0.0, value: $0.1) }
    }
}
