package import OpenSSL

/// A CA for tests that is made at the start and forgotten at the end (CA specification 7, `ephemeralca`).
package enum EphemeralAuthority {
    /// The attributes of the subject in their order, one a relative distinguished name.
    private static let subject: [(id: ObjectIdentifier, text: String)] = [
        ("2.5.4.6", "USA"), ("2.5.4.8", "WA"), ("2.5.4.7", "Kirkland"), ("2.5.4.9", "767 6th St S"),
        ("2.5.4.17", "98033"), (.organizationName, "sigstore"),
    ]

    /// A self-signed P-256 root of ten years that signs leaves itself; its key exists in this process alone.
    package static func create(now: Timestamp) async throws -> IssuingCertificate {
        let key = LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256)))
        let root = try await CertificateAuthorityProfile.root(name: name, key: key, now: now)
        return try IssuingCertificate(chain: [root], key: key, now: now)
    }

    private static var name: [UInt8] {
        DERWriter.sequence(
            subject.map { id, text in
                let value = DERWriter.element(tag: DERTag.printableString, Array(text.utf8))
                return DERWriter.set(DERWriter.sequence([DERWriter.objectIdentifier(id), value]))
            }
        )
    }
}
