package import OpenSSL

/// Why a chain and key cannot issue, every mistake in a sentence of its own.
package struct IssuingCertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence a mistake.
    package let mistakes: [String]

    package var description: String { mistakes.joined(separator: "; ") }
}

/// A CA's chain and the key that signs leaves, checked together and never changed (CA specification 5.3).
///
/// A request reads one of these once, so that a reload between its two signatures cannot mix keys.
package struct IssuingCertificate: Sendable {
    /// The certificate whose key signs leaves, then its issuers, the root last.
    package let chain: [Certificate]

    /// The certificates of `chain` in PEM, each ending in one newline: every answer carries them.
    package let chainPEM: [String]

    /// The certificate whose key signs leaves.
    package let certificate: Certificate

    /// The key that signs leaves.
    package let key: any SigningKey

    /// The subject key identifier that leaves name as their authority.
    package let keyIdentifier: [UInt8]

    /// The DER AlgorithmIdentifier of every leaf's signature.
    package let signatureAlgorithm: [UInt8]

    /// Checks a chain with its key at `now`; throws all mistakes at once.
    ///
    /// Path lengths must leave room for the leaf to come, which the validation of the path alone does not see.
    package init(chain: [Certificate], key: any SigningKey, now: Timestamp) throws {
        guard let first = chain.first, let anchor = chain.last else {
            throw IssuingCertificateError(mistakes: ["certificate chain must contain at least one certificate"])
        }
        let identifier = Self.subjectKeyIdentifier(of: first)
        let mistakes = Self.mistakes(first, anchor, chain, key, now) + (identifier == nil ? [Self.noIdentifier] : [])
        guard mistakes.isEmpty, let identifier else { throw IssuingCertificateError(mistakes: mistakes) }
        self.chain = chain
        chainPEM = chain.map(\.pem)
        self.key = key
        certificate = first
        keyIdentifier = identifier
        signatureAlgorithm = try CertificateAuthorityProfile.algorithm(of: key)
    }

    /// The root, which clients must hold.
    package var root: Certificate { chain[chain.count - 1] }

    /// Whether every certificate of the chain is valid from `start` to `end`.
    package func isValid(from start: Timestamp, to end: Timestamp) -> Bool {
        chain.allSatisfy { $0.notBefore <= start && end <= $0.notAfter }
    }

    /// What works and is unwise, one sentence each.
    package var warnings: [String] {
        var warnings: [String] = []
        if case .ed25519 = key.scheme {
            warnings.append("the CA key is Ed25519: widely used clients refuse certificates that it signed")
        }
        let families = Set(
            chain.map { certificate in
                switch certificate.subjectPublicKeyInfo.key {
                case .ellipticCurve: "ECDSA"
                case .rsa: "RSA"
                case .ed25519: "Ed25519"
                case .unsupported(let name): name
                }
            })
        if families.count > 1 {
            warnings.append("the chain mixes \(families.sorted().joined(separator: " and ")) keys")
        }
        return warnings
    }

    private static let noIdentifier = "the issuing certificate has no subject key identifier"

    private static func mistakes(
        _ first: Certificate, _ anchor: Certificate, _ chain: [Certificate], _ key: any SigningKey, _ now: Timestamp
    ) -> [String] {
        var mistakes: [String] = []
        do {
            try CertificatePath.verify(
                first, intermediates: Array(chain.dropFirst().dropLast()), anchor: anchor, at: now)
        } catch {
            let prefix = error.isUnknownAuthority ? "x509: certificate signed by unknown authority: " : ""
            mistakes.append("\(prefix)the chain does not lead from the first to the last certificate: \(error)")
        }
        for (index, certificate) in chain.enumerated() {
            mistakes += CertificateAuthorityLint.mistakes(certificate, at: index, isAlone: chain.count == 1)
        }
        mistakes += keyMistakes(first.subjectPublicKeyInfo, key.publicKey.subjectPublicKeyInfo)
        let end = now.adding(milliseconds: CertificateProfile.lifetimeInMilliseconds)
        for (index, certificate) in chain.enumerated() where (now..<end).contains(certificate.notAfter) {
            mistakes.append("certificate \(index + 1) of the chain expires before a leaf issued now would")
        }
        do {
            try KeyPolicy().checkStrength(of: first.subjectPublicKeyInfo)
        } catch {
            mistakes.append("the issuing key is insecure: \(error)")
        }
        return mistakes
    }

    private static func keyMistakes(_ certified: SubjectPublicKeyInfo, _ own: SubjectPublicKeyInfo) -> [String] {
        guard certified != own else { return [] }
        let type =
            switch certified.key {
            case .ellipticCurve: "ecdsa"
            case .rsa: "rsa"
            case .ed25519: "ed25519"
            case .unsupported(let name): name
            }
        let identifiers = [certified, own].map { CertificateAuthorityProfile.keyIdentifier(of: $0).hexadecimal }
        return [
            "\(type) public keys are not equal (\(identifiers.joined(separator: ", "))): "
                + "the key is not the one of the issuing certificate"
        ]
    }

    private static func subjectKeyIdentifier(of certificate: Certificate) -> [UInt8]? {
        guard let value = certificate.firstExtension(.subjectKeyIdentifier)?.value else { return nil }
        var reader = DERReader(value)
        let identifier = try? reader.content(tag: DERTag.octetString)
        return reader.isAtEnd ? identifier : nil
    }
}
