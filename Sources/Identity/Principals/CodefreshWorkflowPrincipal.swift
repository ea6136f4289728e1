/// The rules of Codefresh workflows (CA specification 2.7, 4.1 and 4.2, type `codefresh-workflow`).
enum CodefreshWorkflowPrincipal {
    private static let platform = "https://g.codefresh.io"
    /// Read for their type alone: nothing of them goes into the certificate.
    private static let unused = ["initiator", "scm_user_name", "scm_pull_request_target_branch"]
    private static let copied: [(FulcioExtension, String)] = [
        (.runnerEnvironment, "runner_environment"), (.sourceRepositoryURI, "scm_repo_url"),
        (.sourceRepositoryRef, "scm_ref"),
    ]

    /// Makes the principal of verified claims; account, pipeline and workflow must be named.
    static func principal(from claims: ClaimsSet) throws(TokenRefusal) -> Principal {
        var reader = ClaimReader(claims)
        let issuer = try reader.issuer()
        let subject = try reader.subject()
        let account = try reader.text("account_id")
        let pipeline = try reader.text("pipeline_id")
        let workflow = try reader.text("workflow_id")
        let accountName = try reader.optionalText("account_name") ?? ""
        let pipelineName = try reader.optionalText("pipeline_name") ?? ""
        for name in unused { _ = try reader.optionalText(name) }
        var attributes: [(FulcioExtension, String)] = []
        for (target, name) in copied { attributes.append((target, try reader.optionalText(name) ?? "")) }
        let claimed = try reader.optionalText("platform_url") ?? ""
        let base = claimed.isEmpty ? platform : claimed
        return Principal(issuer: issuer, subject: subject, challenge: Array(subject.utf8)) {
            () throws(CertificateContentRefusal) in
            try checkBase(base)
            let name = try URIPath.join(
                base, [accountName, "\(pipelineName):\(account)/\(pipeline)"], from: "pipeline_name")
            let run = try URIPath.join(base, ["build", workflow], from: "workflow_id")
            attributes.append((.buildSignerURI, run))
            attributes.append(
                (.buildConfigURI, try URIPath.join(base, ["api/pipelines", pipeline], from: "pipeline_id")))
            attributes.append((.runInvocationURI, run))
            return CertificateContent(.uri(name), attributes)
        }
    }

    private static func checkBase(_ base: String) throws(CertificateContentRefusal) {
        let uri = try UniformResourceIdentifier(base)
        guard ["https", "http"].contains(uri.scheme), !uri.host.isEmpty, !uri.hasQueryOrFragment else {
            throw CertificateContentRefusal("platform_url is not a URL that paths can be joined to")
        }
    }
}
