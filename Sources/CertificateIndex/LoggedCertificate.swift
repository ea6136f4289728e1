internal import CertificateTransparency
internal import Identity
package import OpenSSL
internal import StrictJSON
package import TransparencyLog

/// An entry of a log as auditors look for it: everything here is read from the entry itself.
package struct LoggedCertificate: Hashable, Sendable {
    /// An extension below 1.3.6.1.4.1.57264.1 with its text.
    package struct Attribute: Hashable, Sendable {
        /// The extension.
        package let id: ObjectIdentifier
        /// What its octets spell; nil when they are not of its form.
        package let text: String?
    }

    /// Its position in the log.
    package let index: LeafIndex

    /// When the log accepted it.
    package let timestamp: Timestamp

    /// The certificate as it was logged: the precertificate where the entry is one.
    ///
    /// The final certificate of a precertificate is in no log; it has the same serial number and names.
    package let certificate: Certificate

    /// Whether what was logged is a precertificate.
    package let isPrecertificate: Bool

    /// H(SubjectPublicKeyInfo) of the authority that issued it; nil when the entry does not say.
    package let authorityKeyHash: SHA256Digest?

    /// The subject alternative names, in order; empty when there are none or they are malformed.
    package let names: [GeneralName]

    /// Fulcio's extensions, in order.
    package let attributes: [Attribute]

    /// Reads a stored entry.
    ///
    /// `attachments` are those of its page. Throws when the entry is no certificate.
    package init(_ stored: StoredEntry, attachments: [SHA256Digest: [UInt8]]) throws {
        let record = try TileLeaf(parsing: stored.record)
        (index, timestamp) = (stored.index, record.leaf.timestamp)
        switch record.leaf.entry {
        case .x509Entry(let der):
            (certificate, isPrecertificate) = (try Certificate(der: der), false)
            let issuing = record.fingerprints.first.flatMap { attachments[$0] }
            authorityKeyHash = try issuing.map { try Certificate(der: $0).subjectPublicKeyInfo.sha256 }
        case .precertEntry(let hash, _):
            (certificate, isPrecertificate) = (try Certificate(der: record.precertificate ?? []), true)
            authorityKeyHash = hash
        }
        let list = certificate.firstExtension(.subjectAlternativeName)?.value
        names = list.flatMap { try? GeneralName.list($0) } ?? []
        attributes = certificate.extensions.compactMap(Self.attribute)
    }

    /// H(DER) of the certificate as it was logged.
    package var fingerprint: SHA256Digest { certificate.fingerprint }

    /// The octets of the serial number without a leading zero, in hexadecimal.
    package var serial: String { Self.serial(certificate.serialNumber) }

    /// The OIDC issuer in either spelling, without repetition.
    package var oidcIssuers: [String] {
        let spellings: [ObjectIdentifier] = [Self.issuerV2, Self.issuer]
        let texts = spellings.compactMap { id in attributes.first { $0.id == id }?.text }
        return texts.count == 2 && texts[0].hasSameBytes(as: texts[1]) ? [texts[0]] : texts
    }

    /// The issuing authority's distinguished name in words.
    package var authority: String { DistinguishedName.description(of: certificate.issuer) }

    /// A serial number's octets without leading zeros, at least one of them, in hexadecimal.
    static func serial(_ octets: [UInt8]) -> String {
        let magnitude = Array(octets.drop { $0 == 0 })
        return (magnitude.isEmpty ? [0] : magnitude).hexadecimal
    }

    /// The extension with the OIDC issuer since version 2.
    static let issuerV2: ObjectIdentifier = "1.3.6.1.4.1.57264.1.8"

    /// The extension with the OIDC issuer of old.
    static let issuer: ObjectIdentifier = "1.3.6.1.4.1.57264.1.1"

    /// The arc that Fulcio's extensions lie below.
    static let arc: ObjectIdentifier = "1.3.6.1.4.1.57264.1"

    private static func attribute(_ item: CertificateExtension) -> Attribute? {
        guard item.id.content.count > arc.content.count, item.id.content.starts(with: arc.content) else { return nil }
        return Attribute(id: item.id, text: text(item))
    }

    private static func text(_ item: CertificateExtension) -> String? {
        if let known = FulcioExtension(key: item.id.dotted) { return known.text(of: item.value) }
        // Extensions that are newer than this program are spelled like the newest that it knows.
        return FulcioExtension.subject.text(of: item.value)
    }
}
