/// The rules of GitHub Actions (CA specification 2.7, 4.1 and 4.2, type `github-workflow`).
enum GitHubWorkflowPrincipal {
    private static let base = "https://github.com/"
    private static let copied: [(FulcioExtension, String)] = [
        (.githubWorkflowTrigger, "event_name"),
        (.githubWorkflowSHA, "sha"),
        (.githubWorkflowName, "workflow"),
        (.githubWorkflowRepository, "repository"),
        (.githubWorkflowRef, "ref"),
        (.buildSignerDigest, "job_workflow_sha"),
        (.runnerEnvironment, "runner_environment"),
        (.sourceRepositoryDigest, "sha"),
        (.sourceRepositoryRef, "ref"),
        (.sourceRepositoryIdentifier, "repository_id"),
        (.sourceRepositoryOwnerIdentifier, "repository_owner_id"),
        (.buildConfigDigest, "workflow_sha"),
        (.buildTrigger, "event_name"),
        (.sourceRepositoryVisibilityAtSigning, "repository_visibility"),
    ]
    private static let linked: [(FulcioExtension, String)] = [
        (.buildSignerURI, "job_workflow_ref"),
        (.sourceRepositoryURI, "repository"),
        (.sourceRepositoryOwnerURI, "repository_owner"),
        (.buildConfigURI, "workflow_ref"),
    ]

    /// Makes the principal of verified claims; every claim that is used must be there and not be empty.
    static func principal(from claims: ClaimsSet) throws(TokenRefusal) -> Principal {
        var reader = ClaimReader(claims)
        let issuer = try reader.issuer()
        let subject = try reader.subject()
        var attributes: [(FulcioExtension, String)] = []
        for (target, name) in copied { attributes.append((target, try reader.text(name))) }
        var paths: [(FulcioExtension, [String], String)] = []
        for (target, name) in linked { paths.append((target, [try reader.text(name)], name)) }
        let run = [
            try reader.text("repository"), "actions/runs", try reader.text("run_id"),
            "attempts", try reader.text("run_attempt"),
        ]
        paths.append((.runInvocationURI, run, "repository"))
        let workflow = try reader.text("job_workflow_ref")
        return Principal(issuer: issuer, subject: subject, challenge: Array(subject.utf8)) {
            () throws(CertificateContentRefusal) in
            let name = try URIPath.join(base, [workflow], from: "job_workflow_ref")
            for (target, elements, source) in paths {
                attributes.append((target, try URIPath.join(base, elements, from: source)))
            }
            return CertificateContent(.uri(name), attributes)
        }
    }
}
