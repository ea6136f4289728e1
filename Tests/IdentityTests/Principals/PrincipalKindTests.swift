import StrictJSON
import Testing

@testable import Identity

@Suite struct PrincipalKindTests {
    private static let kinds: [String: IssuerKind] = [
        "uri": .uri(domain: "https://app.example.com"), "username": .username(domain: "example.com"),
        "spiffe": .spiffe(trustDomain: "example.com"), "kubernetes": .kubernetes,
        "gitlab-pipeline": .gitlabPipeline, "buildkite-job": .buildkiteJob,
        "codefresh-workflow": .codefreshWorkflow, "chainguard-identity": .chainguardIdentity,
    ]

    private static func claims(_ kind: String) -> JSONValue {
        let base: JSONValue = [
            "iss": "https://issuer.example.com", "sub": "subject", "aud": "sigstore",
            "exp": .integer(Claims.nowSeconds + 600),
        ]
        switch kind {
        case "uri": return base.changing([("sub", "https://app.example.com/users/1")])
        case "spiffe": return base.changing([("sub", "spiffe://example.com/ns/a")])
        case "kubernetes":
            return base.changing([("kubernetes.io", ["namespace": "ns", "serviceaccount": ["name": "sa"]])])
        case "gitlab-pipeline":
            return base.changing([
                ("project_path", "g/p"), ("pipeline_source", "push"), ("pipeline_id", "1"),
                ("ci_config_ref_uri", "gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main"), ("job_id", "5"),
                ("ref", "main"), ("ref_type", "branch"), ("namespace_path", "g"), ("namespace_id", "7"),
                ("project_id", "8"), ("sha", "d"), ("runner_environment", "gitlab-hosted"), ("runner_id", 9),
            ])
        case "buildkite-job": return base.changing([("organization_slug", "o"), ("pipeline_slug", "p")])
        case "codefresh-workflow":
            return base.changing([
                ("account_id", "aid"), ("pipeline_id", "pid"), ("workflow_id", "wid"), ("account_name", "acme"),
                ("pipeline_name", "prj/pipe"),
            ])
        default: return base
        }
    }

    private static func principal(
        _ kind: String, _ changes: [(String, JSONValue?)] = []
    ) throws -> Principal {
        try #require(kinds[kind]).principal(from: ClaimsSet(claims(kind).changing(changes)))
    }

    private static func isAccepted(_ kind: String, _ changes: [(String, JSONValue?)]) -> Bool {
        (try? principal(kind, changes)) != nil
    }

    @Test(
        "ID-01 each kind makes its name",
        arguments: [
            ("uri", .uri("https://app.example.com/users/1")), ("username", .otherName(username: "subject!example.com")),
            ("spiffe", .uri("spiffe://example.com/ns/a")),
            ("kubernetes", .uri("https://kubernetes.io/namespaces/ns/serviceaccounts/sa")),
            ("gitlab-pipeline", .uri("https://gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main")),
            ("buildkite-job", .uri("https://buildkite.com/o/p")),
            ("codefresh-workflow", .uri("https://g.codefresh.io/acme/prj/pipe:aid/pid")),
            ("chainguard-identity", .uri("https://issuer.example.com/subject")),
        ] as [(String, SubjectAlternativeName)])
    func names(kind: String, name: SubjectAlternativeName) throws {
        let principal = try Self.principal(kind)
        #expect(principal.subjectAlternativeName == name)
        #expect(principal.challenge == Array((principal.subject ?? "").utf8))
        #expect(principal.issuer == "https://issuer.example.com")
    }

    @Test("TOK-22 ID-09 the subject must be there", arguments: kinds.keys.sorted())
    func subject(kind: String) throws {
        for value: JSONValue? in [nil, "", .null, 7] {
            #expect(!Self.isAccepted(kind, [("sub", value)]))
        }
    }

    @Test(
        "TOK-18 subjects of a URI issuer",
        arguments: [
            ("https://app.example.com/users/1", true), ("https://app.example.com:8443/x", true),
            ("HTTPS://app.example.com/x", true), ("https://jane@app.example.com/x", true),
            ("http://app.example.com/x", false), ("https://other.example.com/x", false),
            ("https://APP.example.com/x", false), ("https://app.example.com.evil.org/x", false),
            ("jane@app.example.com", false), ("app.example.com/x", false), ("https://app.example.com/%", false),
            ("https://evil.org/https://app.example.com", false), ("https://app.example.com@evil.org", false),
        ])
    func uri(subject: String, isGood: Bool) {
        #expect(Self.isAccepted("uri", [("sub", .string(subject))]) == isGood)
    }

    @Test(
        "TOK-19 subjects of a user name issuer",
        arguments: [
            ("jane", true), ("jane doe", true), ("j\u{FC}rgen", true), ("jane@host", true), ("jane!other.org", false),
            ("!", false), ("jane@example.com", false), ("jane@example.com.", false), ("j\u{FC}@b\u{FC}.de", false),
            ("\"jane doe\"@example.com", false), ("ja\u{202E}ne", false), ("a\u{0}b", false),
        ])
    func username(subject: String, isGood: Bool) {
        #expect(Self.isAccepted("username", [("sub", .string(subject))]) == isGood)
    }

    @Test(
        "TOK-17 subjects of a SPIFFE issuer",
        arguments: [
            ("spiffe://example.com/ns/a", true), ("spiffe://example.com", true), ("spiffe://example.com/A-b_c.d", true),
            ("spiffe://example.org/ns", false), ("spiffe://sub.example.com/ns", false),
            ("spiffe://example.com/", false),
            ("spiffe://example.com/a/", false), ("spiffe://example.com/a//b", false),
            ("spiffe://example.com/../b", false), ("spiffe://example.com/./b", false),
            ("SPIFFE://example.com/a", false), ("spiffe://Example.com/a", false), ("spiffe://example.com:80/a", false),
            ("spiffe://u@example.com/a", false), ("spiffe://example.com/a?b", false),
            ("spiffe://example.com/a#b", false),
            ("spiffe://example.com/a%20b", false), ("spiffe:///a", false), ("https://example.com/a", false),
        ])
    func spiffe(subject: String, isGood: Bool) {
        #expect(Self.isAccepted("spiffe", [("sub", .string(subject))]) == isGood)
    }

    @Test(
        "TOK-20 namespace and service account must be names",
        arguments: [
            nil, .null, "text", [:], ["namespace": "ns"], ["serviceaccount": ["name": "sa"]],
            ["namespace": "ns", "serviceaccount": [:]], ["namespace": "", "serviceaccount": ["name": "sa"]],
            ["namespace": "ns", "serviceaccount": ["name": ""]], ["namespace": 1, "serviceaccount": ["name": "sa"]],
            ["namespace": "a/b", "serviceaccount": ["name": "sa"]],
            ["namespace": "a.b", "serviceaccount": ["name": "c"]],
            ["namespace": "NS", "serviceaccount": ["name": "sa"]],
            ["namespace": "-a", "serviceaccount": ["name": "sa"]],
            ["namespace": "ns", "serviceaccount": ["name": "a-"]],
            ["namespace": "ns", "serviceaccount": ["name": "a..b"]],
            ["namespace": "ns", "serviceaccount": "sa"],
        ] as [JSONValue?])
    func kubernetes(claim: JSONValue?) {
        #expect(!Self.isAccepted("kubernetes", [("kubernetes.io", claim)]))
        let dotted: JSONValue = ["namespace": "n-1", "serviceaccount": ["name": "a.b-c"]]
        #expect(Self.isAccepted("kubernetes", [("kubernetes.io", dotted)]))
    }

    @Test(
        "TOK-21 each required claim must be there",
        arguments: [
            (
                "gitlab-pipeline",
                [
                    "project_path", "pipeline_source", "pipeline_id", "ci_config_ref_uri", "job_id", "ref", "ref_type",
                    "namespace_path", "namespace_id", "project_id", "sha", "runner_environment", "runner_id",
                ]
            ),
            ("buildkite-job", ["organization_slug", "pipeline_slug"]),
            ("codefresh-workflow", ["account_id", "pipeline_id", "workflow_id"]),
        ])
    func required(kind: String, names: [String]) {
        for name in names {
            for value: JSONValue? in [nil, "", .null, ["x"]] {
                #expect(!Self.isAccepted(kind, [(name, value)]), "\(name)")
            }
        }
        #expect(Self.isAccepted(kind, []))
    }

    @Test("TOK-21 a GitLab runner has a whole number", arguments: [0, "9", .real(9.5), .real(9), true] as [JSONValue])
    func runner(value: JSONValue) {
        #expect(!Self.isAccepted("gitlab-pipeline", [("runner_id", value)]))
    }

    @Test func `ID-06 TOK-21 branches and tags of GitLab, and nothing else`() throws {
        #expect(try Self.principal("gitlab-pipeline").attribute(.sourceRepositoryRef) == "refs/heads/main")
        let tag = try Self.principal("gitlab-pipeline", [("ref_type", "tag"), ("ref", "v1")])
        #expect(tag.attribute(.sourceRepositoryRef) == "refs/tags/v1")
        for type: JSONValue in ["Branch", "merge_request", "tags"] {
            #expect(!Self.isAccepted("gitlab-pipeline", [("ref_type", type)]))
        }
        let uri = "https://gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main"
        #expect(tag.attribute(.buildSignerURI) == uri && tag.attribute(.buildConfigURI) == uri)
    }

    @Test func `ID-07 the platform of Codefresh is the claimed one, else the public one`() throws {
        let own = try Self.principal("codefresh-workflow", [("platform_url", "https://cf.example.com/base")])
        #expect(own.subjectAlternativeName == .uri("https://cf.example.com/base/acme/prj/pipe:aid/pid"))
        #expect(own.attribute(.buildSignerURI) == "https://cf.example.com/base/build/wid")
        let usual = try Self.principal("codefresh-workflow", [("platform_url", "")])
        #expect(usual.attribute(.buildConfigURI) == "https://g.codefresh.io/api/pipelines/pid")
        for base in ["cf.example.com", "https://cf.example.com?x", "https://cf.example.com#x", "ftp://h", "https://"] {
            let principal = try Self.principal("codefresh-workflow", [("platform_url", .string(base))])
            #expect(throws: CertificateContentRefusal.self, "\(base)") { try principal.content.get() }
        }
    }

    @Test func `ID-08 a Chainguard address is signed and never the name`() throws {
        let principal = try Self.principal(
            "chainguard-identity", [("email", "jane@example.com"), ("email_verified", true)])
        #expect(principal.challenge == Array("jane@example.com".utf8))
        #expect(principal.subjectAlternativeName == .uri("https://issuer.example.com/subject"))
        for changes: [(String, JSONValue?)] in [
            [("email", "jane@example.com")], [("email", "jane@example.com"), ("email_verified", false)],
            [("act", "x")], [("act", ["a": 1])], [("internal", "x")], [("internal", [])],
        ] {
            #expect(!Self.isAccepted("chainguard-identity", changes))
        }
        #expect(Self.isAccepted("chainguard-identity", [("act", ["a": "b"]), ("internal", ["x": 1])]))
    }

    @Test(
        "ID-13 invalid escapes make no content and are no fault of the token",
        arguments: [
            ("gitlab-pipeline", "ci_config_ref_uri"), ("gitlab-pipeline", "project_path"),
            ("buildkite-job", "pipeline_slug"), ("codefresh-workflow", "workflow_id"), ("chainguard-identity", "sub"),
        ])
    func escapes(kind: String, name: String) throws {
        let principal = try Self.principal(kind, [(name, "gitlab.com/100%")])
        #expect(throws: CertificateContentRefusal.self) { try principal.content.get() }
    }
}
