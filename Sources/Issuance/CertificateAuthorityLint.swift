internal import OpenSSL

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
        // Above the issuing certificate "any" is no restriction; there it is not enough (CA specification 5.3).
        if !purposes.contains(.codeSigning), mustName || !purposes.contains(.anyExtendedKeyUsage) {
            mistakes.append("its extended key usage does not allow code signing")
        }
        return mistakes
    }
}
