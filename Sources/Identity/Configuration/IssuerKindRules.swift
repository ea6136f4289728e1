import StrictJSON

/// The load errors that depend on an issuer's type, in the words of CA specification 2.6.
enum IssuerKindRules {
    /// The kind an entry describes; nil when a mistake was added.
    static func kind(
        of entry: IssuerEntry, _ name: IssuerName, _ providers: [CIProviderMetadata], _ mistakes: inout [String]
    ) -> IssuerKind? {
        switch entry.type {
        case "email": return email(entry, &mistakes)
        case "uri": return uri(entry, name, &mistakes)
        case "username": return username(entry, name, &mistakes)
        case "spiffe": return spiffe(entry, name, &mistakes)
        case "ci-provider": return provider(entry, providers, &mistakes)
        case "kubernetes": return .kubernetes
        case "github-workflow": return .githubWorkflow
        case "gitlab-pipeline": return .gitlabPipeline
        case "buildkite-job": return .buildkiteJob
        case "codefresh-workflow": return .codefreshWorkflow
        case "chainguard-identity": return .chainguardIdentity
        default:
            if entry.challengeClaim.isEmpty { mistakes.append("issuer missing challenge claim") }
            mistakes.append("issuer type is not supported: \(entry.type.isEmpty ? "(none)" : entry.type)")
            return nil
        }
    }

    private static func email(_ entry: IssuerEntry, _ mistakes: inout [String]) -> IssuerKind? {
        let path = entry.issuerClaim.isEmpty ? nil : JSONPath(entry.issuerClaim)
        if !entry.issuerClaim.isEmpty && path == nil {
            mistakes.append("issuer-claim is not a JSON path: \(entry.issuerClaim)")
            return nil
        }
        return .email(issuerClaim: path, skipVerification: entry.skipEmailVerification)
    }

    private static func spiffe(
        _ entry: IssuerEntry, _ name: IssuerName, _ mistakes: inout [String]
    ) -> IssuerKind? {
        if case .pattern = name {
            mistakes.append("SPIFFE meta issuers not supported")
            return nil
        }
        guard !entry.spiffeTrustDomain.isEmpty else {
            mistakes.append("spiffe issuer must have SPIFFETrustDomain set")
            return nil
        }
        guard let domain = SPIFFEID.trustDomain(configured: entry.spiffeTrustDomain) else {
            mistakes.append("spiffe trust domain is invalid")
            return nil
        }
        return .spiffe(trustDomain: domain)
    }

    private static func uri(_ entry: IssuerEntry, _ name: IssuerName, _ mistakes: inout [String]) -> IssuerKind? {
        guard !entry.subjectDomain.isEmpty else {
            mistakes.append("uri issuer must have SubjectDomain set")
            return nil
        }
        let scheme = IssuerName.scheme(of: entry.subjectDomain)
        if scheme.isEmpty { mistakes.append("SubjectDomain for uri must contain scheme") }
        if name.scheme.isEmpty { mistakes.append("issuer for uri must contain scheme") }
        guard !scheme.isEmpty, !name.scheme.isEmpty else { return nil }
        guard scheme == name.scheme else {
            mistakes.append("subject (\(scheme)) and issuer (\(name.scheme)) URI schemes do not match")
            return nil
        }
        guard let domain = try? UniformResourceIdentifier(entry.subjectDomain) else {
            mistakes.append("SubjectDomain for uri is not a URI: \(entry.subjectDomain)")
            return nil
        }
        return isAllowed(domain.host, for: name.host, &mistakes) ? .uri(domain: entry.subjectDomain) : nil
    }

    private static func username(
        _ entry: IssuerEntry, _ name: IssuerName, _ mistakes: inout [String]
    ) -> IssuerKind? {
        let domain = entry.subjectDomain
        guard !domain.isEmpty else {
            mistakes.append("username issuer must have SubjectDomain set")
            return nil
        }
        let hasScheme = !IssuerName.scheme(of: domain).isEmpty
        if hasScheme { mistakes.append("SubjectDomain for username should not contain scheme") }
        if name.scheme.isEmpty { mistakes.append("issuer for username must contain scheme") }
        guard !hasScheme, !name.scheme.isEmpty else { return nil }
        guard CertificateText.isClean(domain), !domain.contains("!") else {
            mistakes.append("SubjectDomain for username is not a host name: \(domain)")
            return nil
        }
        return isAllowed(domain, for: name.host, &mistakes) ? .username(domain: domain) : nil
    }

    /// Whether an issuer may speak for a domain: equal hosts, or hosts of one second-level domain.
    private static func isAllowed(_ domain: String, for issuer: String, _ mistakes: inout [String]) -> Bool {
        if domain.hasSameBytes(as: issuer) { return true }
        let ends = [domain, issuer].map { host in
            host.split(separator: ".", omittingEmptySubsequences: false).suffix(2).map(String.init)
        }
        for (host, end) in zip([domain, issuer], ends) where end.count < 2 {
            mistakes.append("URI hostname too short: \(host)")
            return false
        }
        guard zip(ends[0], ends[1]).allSatisfy({ $0.hasSameBytes(as: $1) }) else {
            mistakes.append("hostname top-level and second-level domains do not match: \(domain), \(issuer)")
            return false
        }
        return true
    }

    private static func provider(
        _ entry: IssuerEntry, _ providers: [CIProviderMetadata], _ mistakes: inout [String]
    ) -> IssuerKind? {
        guard let metadata = providers.first(where: { $0.name.hasSameBytes(as: entry.ciProvider) }) else {
            mistakes.append("ci-provider names no entry of ci-issuer-metadata: \(entry.ciProvider)")
            return nil
        }
        guard metadata.subjectAlternativeName != nil else {
            mistakes.append("ci-provider \(entry.ciProvider) has an empty subject-alternative-name-template")
            return nil
        }
        return .ciProvider(metadata)
    }
}
