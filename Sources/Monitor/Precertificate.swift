internal import CertificateTransparency
internal import OpenSSL

/// A precertificate beside the leaf that was made of it (RFC 6962 §3.2).
struct Precertificate {
    private let certificate: Certificate

    init(_ certificate: Certificate) {
        self.certificate = certificate
    }

    /// How the TBSCertificate of a leaf differs from the precertificate apart from the poison; nil when it does not.
    ///
    /// Below a precertificate signing certificate, `issuer`, issuer name and authority key identifier may differ too.
    func disagreement(with leafTBS: [UInt8], issuer: Certificate?) -> String? {
        let stripped: StrippedTBSCertificate
        do throws(StrippedTBSCertificate.Refusal) {
            stripped = try StrippedTBSCertificate(precertificate: certificate)
        } catch {
            return "its precertificate is none: \(error)"
        }
        guard stripped.der != leafTBS else { return nil }
        let differs = "its precertificate and the TBSCertificate of its leaf differ"
        guard issuer?.hasExtendedKeyUsage(.precertificateSigning) == true,
            let own = try? TBSCertificate(der: stripped.der), let leaf = try? TBSCertificate(der: leafTBS)
        else { return differs }
        let isSame =
            own.version == leaf.version && own.serialNumber == leaf.serialNumber
            && own.signatureAlgorithm == leaf.signatureAlgorithm && own.notBefore == leaf.notBefore
            && own.notAfter == leaf.notAfter && own.subject == leaf.subject
            && own.subjectPublicKeyInfo == leaf.subjectPublicKeyInfo && Self.others(own) == Self.others(leaf)
        return isSame ? nil : differs
    }

    private static func others(_ tbs: TBSCertificate) -> [CertificateExtension] {
        tbs.extensions.filter { $0.id != .authorityKeyIdentifier }
    }
}
