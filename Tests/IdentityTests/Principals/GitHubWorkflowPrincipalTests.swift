import StrictJSON
import Testing

@testable import Identity

@Suite struct GitHubWorkflowPrincipalTests {
    private static let required = [
        "job_workflow_ref", "sha", "event_name", "repository", "workflow", "ref", "job_workflow_sha",
        "runner_environment", "repository_id", "repository_owner", "repository_owner_id", "repository_visibility",
        "workflow_ref", "workflow_sha", "run_id", "run_attempt",
    ]

    private static func principal(_ changes: [(String, JSONValue?)] = []) throws(TokenRefusal) -> Principal {
        try GitHubWorkflowPrincipal.principal(from: ClaimsSet(Claims.github().changing(changes)))
    }

    @Test func `ID-04 a workflow token yields every value of the vector`() throws {
        let principal = try Self.principal()
        let workflow = "https://github.com/o/r/.github/workflows/x.yml@refs/heads/main"
        let digest = { (letter: String) in String(repeating: letter, count: 40) }
        #expect(principal.subjectAlternativeName == .uri(workflow))
        #expect(principal.subject == "repo:o/r:ref:refs/heads/main")
        #expect(principal.challenge == Array("repo:o/r:ref:refs/heads/main".utf8))
        #expect(principal.issuer == "https://issuer.example.com")
        #expect(principal.attributes.map(\.0.number) == Array(2...6) + Array(9...22))
        #expect(
            principal.attributes.map(\.1) == [
                "push", digest("a"), "build", "o/r", "refs/heads/main",
                workflow, digest("b"), "github-hosted", "https://github.com/o/r", digest("a"), "refs/heads/main", "11",
                "https://github.com/o", "22", workflow, digest("c"), "push",
                "https://github.com/o/r/actions/runs/33/attempts/1", "public",
            ])
    }

    @Test("TOK-21 TOK-22 each claim must be a string with something in it", arguments: required + ["sub"])
    func mustBeThere(name: String) {
        #expect(throws: TokenRefusal.claimMissing(name)) { try Self.principal([(name, nil)]) }
        #expect(throws: TokenRefusal.claimMissing(name)) { try Self.principal([(name, "")]) }
        #expect(throws: TokenRefusal.claimMalformed(name)) { try Self.principal([(name, 7)]) }
        #expect(throws: TokenRefusal.claimMalformed(name)) { try Self.principal([(name, "a\u{7F}")]) }
        #expect(throws: TokenRefusal.claimMissing(name)) {
            try Self.principal([(name, nil), (name.uppercased(), "x")])
        }
    }

    @Test func `ID-13 an invalid escape in a path makes no content and is no fault of the token`() throws {
        for name in ["job_workflow_ref", "workflow_ref", "repository", "repository_owner"] {
            let principal = try Self.principal([(name, "o/r/100%")])
            #expect(throws: CertificateContentRefusal.self) { try principal.content.get() }
        }
    }

    @Test func `SEC-06 claims of more than 64 KiB together are refused`() {
        let long = JSONValue.string(String(repeating: "v", count: 8192))
        let claims = ["sha", "event_name", "workflow", "ref", "job_workflow_sha", "repository_id", "workflow_sha"]
        #expect(throws: TokenRefusal.claimsTooLarge(limit: 65_536)) {
            try Self.principal(claims.map { ($0, long) })
        }
        #expect(throws: Never.self) { try Self.principal([("workflow", long)]) }
    }
}
