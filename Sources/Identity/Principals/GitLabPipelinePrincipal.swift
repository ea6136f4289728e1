import StrictJSON

/// The rules of GitLab pipelines (CA specification 2.7, 4.1 and 4.2, type `gitlab-pipeline`).
enum GitLabPipelinePrincipal {
    private static let base = "https://gitlab.com/"
    private static let copied: [(FulcioExtension, String)] = [
        (.runnerEnvironment, "runner_environment"),
        (.sourceRepositoryDigest, "sha"),
        (.sourceRepositoryIdentifier, "project_id"),
        (.sourceRepositoryOwnerIdentifier, "namespace_id"),
        (.buildTrigger, "pipeline_source"),
    ]
    private static let optional: [(FulcioExtension, String)] = [
        (.buildSignerDigest, "ci_config_sha"),
        (.buildConfigDigest, "ci_config_sha"),
        (.sourceRepositoryVisibilityAtSigning, "project_visibility"),
    ]

    /// Makes the principal of verified claims; the runner must have a number.
    static func principal(from claims: ClaimsSet) throws(TokenRefusal) -> Principal {
        var reader = ClaimReader(claims)
        let issuer = try reader.issuer()
        let subject = try reader.subject()
        var attributes: [(FulcioExtension, String)] = []
        for (target, name) in copied { attributes.append((target, try reader.text(name))) }
        for (target, name) in optional { attributes.append((target, try reader.optionalText(name) ?? "")) }
        attributes.append((.sourceRepositoryRef, try reference(&reader)))
        _ = try reader.text("pipeline_id")
        let project = try reader.text("project_path")
        let namespace = try reader.text("namespace_path")
        let job = try reader.text("job_id")
        let configuration = try reader.text("ci_config_ref_uri")
        try checkRunner(claims.value["runner_id"])
        return Principal(issuer: issuer, subject: subject, challenge: Array(subject.utf8)) {
            () throws(CertificateContentRefusal) in
            let signer = try UniformResourceIdentifier("https://\(configuration)").text
            attributes += [(.buildSignerURI, signer), (.buildConfigURI, signer)]
            for (target, elements, source) in [
                (FulcioExtension.sourceRepositoryURI, [project], "project_path"),
                (.sourceRepositoryOwnerURI, [namespace], "namespace_path"),
                (.runInvocationURI, [project, "-/jobs", job], "project_path"),
            ] {
                attributes.append((target, try URIPath.join(base, elements, from: source)))
            }
            return CertificateContent(.uri(signer), attributes)
        }
    }

    private static func reference(_ reader: inout ClaimReader) throws(TokenRefusal) -> String {
        let name = try reader.text("ref")
        let type = try reader.text("ref_type")
        if type.hasSameBytes(as: "branch") { return "refs/heads/\(name)" }
        guard type.hasSameBytes(as: "tag") else { throw .claimMalformed("ref_type") }
        return "refs/tags/\(name)"
    }

    private static func checkRunner(_ value: JSONValue?) throws(TokenRefusal) {
        guard let value else { throw .claimMissing("runner_id") }
        guard let number = value.integer, number != 0 else { throw .claimMalformed("runner_id") }
    }
}
