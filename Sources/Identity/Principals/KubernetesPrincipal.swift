import StrictJSON

/// The rules of Kubernetes service accounts (CA specification 2.7 and 4.1, type `kubernetes`).
enum KubernetesPrincipal {
    private static let claim = "kubernetes.io"

    /// Makes the principal of verified claims; namespace and service account must be there and be names.
    static func principal(from claims: ClaimsSet) throws(TokenRefusal) -> Principal {
        var reader = ClaimReader(claims)
        let issuer = try reader.issuer()
        let subject = try reader.subject()
        guard let account = claims.value[claim] else { throw .claimMissing(claim) }
        guard let namespace = account["namespace"]?.string, isLabel(namespace.utf8, limit: 63),
            let name = account["serviceaccount"]?["name"]?.string, isSubdomain(name)
        else { throw .claimMalformed(claim) }
        return Principal(
            issuer: issuer, subject: subject, challenge: Array(subject.utf8),
            subjectAlternativeName: .uri(
                "https://kubernetes.io/namespaces/\(namespace)/serviceaccounts/\(name)"))
    }

    /// A DNS-1123 subdomain: labels with dots between, 253 bytes at most.
    private static func isSubdomain(_ text: String) -> Bool {
        let labels = Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return text.utf8.count <= 253 && labels.allSatisfy { isLabel($0, limit: 253) }
    }

    private static func isLabel(_ label: some Collection<UInt8>, limit: Int) -> Bool {
        let hyphen = UInt8(ascii: "-")
        guard let first = label.first, first != hyphen, label.count <= limit else { return false }
        var last = first
        for byte in label {
            guard (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == hyphen else { return false }
            last = byte
        }
        return last != hyphen
    }
}
