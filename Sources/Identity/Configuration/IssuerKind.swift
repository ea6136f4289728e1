/// How the claims of an issuer become a principal (CA specification 2.6 and 2.7).
package enum IssuerKind: Hashable, Sendable {
    /// A person's address; the federated issuer may stand in a claim, `email_verified` may be waived.
    case email(issuerClaim: JSONPath?, skipVerification: Bool)
    /// A URI with the scheme and host of the domain.
    case uri(domain: String)
    /// A user name of the domain.
    case username(domain: String)
    /// A workload of exactly this trust domain.
    case spiffe(trustDomain: String)
    /// A service account of a Kubernetes cluster.
    case kubernetes
    /// A run of a GitHub Actions workflow.
    case githubWorkflow
    /// A run of a GitLab pipeline.
    case gitlabPipeline
    /// A Buildkite job.
    case buildkiteJob
    /// A run of a Codefresh workflow.
    case codefreshWorkflow
    /// A Chainguard identity.
    case chainguardIdentity
    /// A CI system that templates of the configuration describe.
    case ciProvider(CIProviderMetadata)

    /// The name of the kind in configuration files and in the configuration answer.
    package var name: String {
        switch self {
        case .email: "email"
        case .uri: "uri"
        case .username: "username"
        case .spiffe: "spiffe"
        case .kubernetes: "kubernetes"
        case .githubWorkflow: "github-workflow"
        case .gitlabPipeline: "gitlab-pipeline"
        case .buildkiteJob: "buildkite-job"
        case .codefreshWorkflow: "codefresh-workflow"
        case .chainguardIdentity: "chainguard-identity"
        case .ciProvider: "ci-provider"
        }
    }

    /// Applies the rules of the kind to claims whose signature, audience and times were checked.
    func principal(from claims: ClaimsSet) throws(TokenRefusal) -> Principal {
        switch self {
        case .email(let issuerClaim, let skipVerification):
            return try EmailPrincipal.principal(
                from: claims, issuerClaim: issuerClaim, skipVerification: skipVerification)
        case .uri(let domain):
            guard let domain = try? UniformResourceIdentifier(domain) else { throw .claimMalformed("sub") }
            return try URIPrincipal.principal(from: claims, domain: domain)
        case .username(let domain): return try UsernamePrincipal.principal(from: claims, domain: domain)
        case .spiffe(let trustDomain): return try SPIFFEPrincipal.principal(from: claims, trustDomain: trustDomain)
        case .kubernetes: return try KubernetesPrincipal.principal(from: claims)
        case .githubWorkflow: return try GitHubWorkflowPrincipal.principal(from: claims)
        case .gitlabPipeline: return try GitLabPipelinePrincipal.principal(from: claims)
        case .buildkiteJob: return try BuildkiteJobPrincipal.principal(from: claims)
        case .codefreshWorkflow: return try CodefreshWorkflowPrincipal.principal(from: claims)
        case .chainguardIdentity: return try ChainguardPrincipal.principal(from: claims)
        case .ciProvider(let metadata): return try CIProviderPrincipal.principal(from: claims, metadata: metadata)
        }
    }
}
