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
        let subject = try reader.text("sub")
        var attributes: [(FulcioExtension, String)] = []
        for (target, name) in copied { attributes.append((target, try reader.text(name))) }
        for (target, name) in linked { attributes.append((target, try link([reader.text(name)], name))) }
        let run = [
            try reader.text("repository"), "actions/runs", try reader.text("run_id"),
            "attempts", try reader.text("run_attempt"),
        ]
        attributes.append((.runInvocationURI, try link(run, "repository")))
        return Principal(
            issuer: issuer,
            subject: subject,
            challenge: Array(subject.utf8),
            subjectAlternativeName: .uri(try link([reader.text("job_workflow_ref")], "job_workflow_ref")),
            attributes: attributes
        )
    }

    private static func link(_ elements: [String], _ claim: String) throws(TokenRefusal) -> String {
        guard let uri = URIPath.joined(base, elements) else { throw .claimMalformed(claim) }
        return uri
    }
}
