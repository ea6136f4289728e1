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
    /// The path is validated as a leaf's would be, so that path lengths count the leaf to come.
    package init(chain: [Certificate], key: any SigningKey, now: Timestamp) throws {
        guard let first = chain.first, let anchor = chain.last else {
            throw IssuingCertificateError(mistakes: ["certificate chain must contain at least one certificate"])
        }
        let identifier = Self.subjectKeyIdentifier(of: first)
        let mistakes = Self.mistakes(first, anchor, chain, key, now) + (identifier == nil ? [Self.noIdentifier] : [])
        guard mistakes.isEmpty, let identifier else { throw IssuingCertificateError(mistakes: mistakes) }
        self.chain = chain
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

    private static let noIdentifier = "the issuing certificate has no subject key identifier"

    private static func mistakes(
        _ first: Certificate, _ anchor: Certificate, _ chain: [Certificate], _ key: any SigningKey, _ now: Timestamp
    ) -> [String] {
        var mistakes: [String] = []
        do {
            try CertificatePath.verify(
                first, intermediates: Array(chain.dropFirst().dropLast()), anchor: anchor, at: now)
        } catch {
            mistakes.append("the chain does not lead from the first to the last certificate: \(error)")
        }
        for (index, certificate) in chain.enumerated() {
            mistakes += CertificateAuthorityLint.mistakes(certificate, at: index, isAlone: chain.count == 1)
        }
        if first.subjectPublicKeyInfo != key.publicKey.subjectPublicKeyInfo {
            mistakes.append("public keys are not equal: the key is not the one of the issuing certificate")
        }
        do {
            try KeyPolicy().checkStrength(of: first.subjectPublicKeyInfo)
        } catch {
            mistakes.append("the issuing key is insecure: \(error)")
        }
        if case .ed25519 = key.scheme {
            mistakes.append("an Ed25519 CA key is not supported: widely used clients refuse certificates it signed")
        }
        return mistakes
    }

    private static func subjectKeyIdentifier(of certificate: Certificate) -> [UInt8]? {
        guard let value = certificate.firstExtension(.subjectKeyIdentifier)?.value else { return nil }
        var reader = DERReader(value)
        let identifier = try? reader.content(tag: DERTag.octetString)
        return reader.isAtEnd ? identifier : nil
    }
}

/// What each certificate of an issuing chain must say (CA specification 5.2, 5.3).
enum CertificateAuthorityLint {
    /// The mistakes of the certificate at `index` of its chain, 0 being the one that signs leaves.
    static func mistakes(_ certificate: Certificate, at index: Int, isAlone: Bool) -> [String] {
        var mistakes: [String] = []
        if let constraints = certificate.basicConstraints, constraints.isCritical, constraints.isAuthority {
            if let length = constraints.pathLength, length < index {
                mistakes.append("its path length \(length) leaves no room for the certificates below it")
            }
        } else {
            mistakes.append("certificate is not a CA with critical basic constraints")
        }
        if certificate.allowsCertificateSigning != true { mistakes.append("key usage lacks keyCertSign") }
        mistakes += usageMistakes(certificate, mustName: index == 0 && !isAlone)
        let name = "certificate \(index + 1) of the chain (\(DistinguishedName.description(of: certificate.subject)))"
        return mistakes.map { "\(name): \($0)" }
    }

    private static func usageMistakes(_ certificate: Certificate, mustName: Bool) -> [String] {
        guard let purposes = certificate.extendedKeyUsages else {
            return mustName
                ? ["certificate must have extended key usage code signing set to sign code signing certificates"] : []
        }
        var mistakes: [String] = []
        if certificate.firstExtension(.extendedKeyUsage)?.isCritical == true {
            mistakes.append("a critical extended key usage is refused by clients")
        }
        if !purposes.contains(.codeSigning) {
            mistakes.append("its extended key usage does not allow code signing")
        }
        return mistakes
    }
}
