package import OpenSSL

/// The profile of CA certificates: a root and an issuing intermediate (CA specification 5.2, RFC 5280 §4.2.1.9).
package enum CertificateAuthorityProfile {
    /// The validity of a root: ten years.
    package static let rootLifetimeInDays: UInt64 = 3652

    /// The validity of an issuing certificate: three years.
    package static let issuingLifetimeInDays: UInt64 = 1095

    /// A self-signed root that allows one intermediate below it.
    package static func root(
        name: DistinguishedName, key: any SigningKey, now: Timestamp
    ) async throws -> Certificate {
        try await root(name: name.der, key: key, now: now)
    }

    /// A self-signed root with any subject, a Name as DER.
    static func root(name: [UInt8], key: any SigningKey, now: Timestamp) async throws -> Certificate {
        let info = key.publicKey.subjectPublicKeyInfo
        let fields = CertificateFields(
            serialNumber: try SerialNumber.generate(), signatureAlgorithm: try algorithm(of: key), issuer: name,
            notBefore: now, notAfter: now.adding(milliseconds: rootLifetimeInDays * 86_400_000), subject: name,
            subjectPublicKeyInfo: info,
            extensions: [basicConstraints(pathLength: 1), keyUsage, subjectKeyIdentifier(info)]
        )
        return try await signed(fields, by: key)
    }

    /// An issuing certificate below `root`: code signing alone, and only leaves below it.
    ///
    /// Throws when it would outlive the root.
    package static func issuing(
        name: DistinguishedName, publicKey: PublicKey, root: Certificate, rootKey: any SigningKey, now: Timestamp
    ) async throws -> Certificate {
        let info = publicKey.subjectPublicKeyInfo
        let notAfter = now.adding(milliseconds: issuingLifetimeInDays * 86_400_000)
        guard notAfter <= root.notAfter else {
            throw IssuingCertificateError(mistakes: ["the issuing certificate would outlive its root"])
        }
        let fields = CertificateFields(
            serialNumber: try SerialNumber.generate(), signatureAlgorithm: try algorithm(of: rootKey),
            issuer: root.subject, notBefore: now, notAfter: notAfter, subject: name.der, subjectPublicKeyInfo: info,
            extensions: [
                basicConstraints(pathLength: 0), keyUsage,
                CertificateExtension(id: .extendedKeyUsage, value: LeafExtensions.codeSigningUsage),
                subjectKeyIdentifier(info),
                LeafExtensions.authorityKeyIdentifier(keyIdentifier(of: root.subjectPublicKeyInfo)),
            ]
        )
        return try await signed(fields, by: rootKey)
    }

    /// SHA-1 of the key's bits, the usual identifier (RFC 5280 §4.2.1.2, method 1).
    package static func keyIdentifier(of info: SubjectPublicKeyInfo) -> [UInt8] {
        HashAlgorithm.sha1.digest(of: info.subjectPublicKey)
    }

    static func subjectKeyIdentifier(_ info: SubjectPublicKeyInfo) -> CertificateExtension {
        CertificateExtension(id: .subjectKeyIdentifier, value: DERWriter.octetString(keyIdentifier(of: info)))
    }

    /// The DER AlgorithmIdentifier with which a CA key signs; throws for RSASSA-PSS.
    static func algorithm(of key: any SigningKey) throws -> [UInt8] {
        guard let algorithm = key.scheme.algorithmIdentifier else {
            throw IssuingCertificateError(mistakes: ["a CA key that signs with RSASSA-PSS is not supported"])
        }
        return algorithm
    }

    private static let keyUsage = CertificateExtension(
        id: .keyUsage, isCritical: true, value: [DERTag.bitString, 2, 1, 0x06])  // keyCertSign, cRLSign

    private static func basicConstraints(pathLength: UInt8) -> CertificateExtension {
        CertificateExtension(
            id: .basicConstraints, isCritical: true,
            value: DERWriter.sequence([
                DERWriter.element(tag: DERTag.boolean, [0xFF]), DERWriter.integer(unsigned: [pathLength]),
            ])
        )
    }

    private static func signed(_ fields: CertificateFields, by key: any SigningKey) async throws -> Certificate {
        let tbs = try TBSCertificate(der: try fields.tbsCertificate())
        return try await Certificate(signing: tbs, with: key)
    }
}
