package import OpenSSL
internal import StrictJSON

/// What an auditor looks for; a certificate is found when it meets all that is given.
package struct CertificateQuery: Hashable, Sendable {
    /// An extension and the text that it must have.
    package struct AttributeCriterion: Hashable, Sendable {
        /// The extension.
        package let id: ObjectIdentifier
        /// The whole text.
        package let text: String
    }

    /// The serial number in lower-case hexadecimal without leading zeros.
    package var serial: String?

    /// SHA-256 of the certificate as it was logged.
    package var fingerprint: SHA256Digest?

    /// SHA-256 of the certified SubjectPublicKeyInfo.
    package var key: SHA256Digest?

    /// The OIDC issuer, in either of its extensions.
    package var oidcIssuer: String?

    /// The issuing authority: its distinguished name as we write it, or SHA-256 of its key in hexadecimal.
    package var authority: String?

    /// A whole subject alternative name of any kind.
    package var name: String?

    /// How a subject alternative name of any kind begins; not empty.
    package var namePrefix: String?

    /// Extensions with their texts.
    package var attributes: [AttributeCriterion] = []

    /// The first moment of the log's timestamps that counts.
    package var since: Timestamp?

    /// The moment after the last one that counts.
    package var until: Timestamp?

    /// A query that finds every certificate.
    package init() {}

    /// Whether a certificate meets all that is given; texts are compared octet by octet.
    package func matches(_ entry: LoggedCertificate) -> Bool {
        if let serial, serial != entry.serial { return false }
        if let fingerprint, fingerprint != entry.fingerprint { return false }
        if let key, key != entry.certificate.subjectPublicKeyInfo.sha256 { return false }
        if let oidcIssuer, !entry.oidcIssuers.contains(where: { $0.hasSameBytes(as: oidcIssuer) }) { return false }
        if let authority, !isIssued(entry, by: authority) { return false }
        if let name, !entry.names.contains(where: { $0.value.hasSameBytes(as: name) }) { return false }
        if let namePrefix, !entry.names.contains(where: { $0.value.utf8.starts(with: namePrefix.utf8) }) {
            return false
        }
        if let since, entry.timestamp < since { return false }
        if let until, entry.timestamp >= until { return false }
        return attributes.allSatisfy { wanted in
            entry.attributes.contains { $0.id == wanted.id && $0.text?.hasSameBytes(as: wanted.text) == true }
        }
    }

    private func isIssued(_ entry: LoggedCertificate, by authority: String) -> Bool {
        entry.authority.hasSameBytes(as: authority) || entry.authorityKeyHash?.hex == authority.lowercased()
    }

    /// For each criterion that terms can answer, the terms of which an entry must have at least one.
    var alternatives: [[IndexTerm]] {
        var all: [[IndexTerm]] = []
        if let serial { all.append([.serial(serial)]) }
        if let fingerprint { all.append([.fingerprint(fingerprint)]) }
        if let key { all.append([.key(key)]) }
        if let oidcIssuer {
            all.append([LoggedCertificate.issuerV2, LoggedCertificate.issuer].map { .attribute($0, oidcIssuer) })
        }
        if let authority {
            let digest = [UInt8](hexadecimal: authority).flatMap { SHA256Digest($0) }
            all.append([.authority(authority)] + (digest.map { [.authorityKey($0)] } ?? []))
        }
        if let name { all.append([.name(name)]) }
        return all + attributes.map { [.attribute($0.id, $0.text)] }
    }
}
