import Foundation
import Identity
import Testing

@testable import Server

@Suite struct IssuerFileKindsTests {
    private static func mistakes(_ text: String) -> [String] {
        var warnings: [String] = []
        do {
            _ = try IssuerFile.issuers(in: text, warnings: &warnings)
            return []
        } catch {
            return error.lines
        }
    }

    private static func issuer(_ fields: [String], url: String = "https://a.example.org") -> String {
        let lines = ["issuer-url: \(url)", "client-id: sigstore"] + fields
        return "oidc-issuers:\n  \(url):\n" + lines.map { "    \($0)\n" }.joined()
    }

    private static func meta(_ fields: [String], pattern: String = "https://a.example.org/*") -> String {
        "meta-issuers:\n  \(pattern):\n" + (["client-id: sigstore"] + fields).map { "    \($0)\n" }.joined()
    }

    private static func provider(_ template: String, san: String = "sub") -> String {
        issuer(["type: ci-provider", "ci-provider: x"])
            + "ci-issuer-metadata:\n  x:\n    extension-templates:\n      build-trigger: '\(template)'\n"
            + "    subject-alternative-name-template: '\(san)'\n"
    }

    @Test(
        "TOK-25: each row of the load errors stops the start with its text",
        arguments: [
            (issuer(["type: email", "ca-cert: x"]), "failed to parse CA certificate for issuer https://a.example.org"),
            (meta(["type: email", "ca-cert: x"]), "failed to parse CA certificate for meta issuer"),
            (issuer(["type: kubernetes", "issuer-claim: $.a"]), "only email issuers can use issuer claim mapping"),
            (meta(["type: kubernetes", "issuer-claim: $.a"]), "only email issuers can use issuer claim mapping"),
            (issuer(["type: spiffe"]), "spiffe issuer must have SPIFFETrustDomain set"),
            (issuer(["type: spiffe", "spiffe-trust-domain: A.b"]), "spiffe trust domain is invalid"),
            (issuer(["type: spiffe", "spiffe-trust-domain: a/"]), "spiffe trust domain is invalid"),
            (meta(["type: spiffe", "spiffe-trust-domain: a"]), "SPIFFE meta issuers not supported"),
            (issuer(["type: uri"]), "uri issuer must have SubjectDomain set"),
            (meta(["type: uri"]), "uri issuer must have SubjectDomain set"),
            (issuer(["type: uri", "subject-domain: b.example.org"]), "SubjectDomain for uri must contain scheme"),
            (
                issuer(["type: uri", "subject-domain: https://b.example.org"], url: "a.example.org"),
                "issuer for uri must contain scheme"
            ),
            (
                issuer(["type: uri", "subject-domain: http://b.example.org"]),
                "subject (http) and issuer (https) URI schemes do not match"
            ),
            (issuer(["type: username"]), "username issuer must have SubjectDomain set"),
            (
                issuer(["type: username", "subject-domain: https://b.example.org"]),
                "SubjectDomain for username should not contain scheme"
            ),
            (
                issuer(["type: username", "subject-domain: b.example.org"], url: "a.example.org"),
                "issuer for username must contain scheme"
            ),
            (issuer(["type: uri", "subject-domain: https://org"]), "URI hostname too short: org"),
            (issuer(["type: username", "subject-domain: org"]), "URI hostname too short: org"),
            (
                issuer(["type: username", "subject-domain: b.example.com"]),
                "hostname top-level and second-level domains do not match: b.example.com, a.example.org"
            ),
            (
                meta(["type: uri", "subject-domain: https://b.example.com"]),
                "hostname top-level and second-level domains do not match: b.example.com, a.example.org"
            ),
            (issuer(["type: circus"]), "issuer missing challenge claim"),
            (provider("{{ .a"), "template: :1: unclosed action"),
            (provider("a", san: "{{ .a"), "template: :1: unclosed action"),
            ("a: [", "parse: unmarshal: yaml: "),
        ])
    func texts(file: String, text: String) {
        #expect(Self.mistakes(file).contains { $0.contains(text) }, "\(Self.mistakes(file))")
    }

    @Test func `TOK-25 a list of public suffixes only ever makes the domain rule stricter`() throws {
        let list = PublicSuffixList("uk\nco.uk\ncom\n")
        func count(_ url: String, _ domain: String) -> Int {
            var warnings: [String] = []
            let text = Self.issuer(["type: username", "subject-domain: \(domain)"], url: url)
            do {
                _ = try IssuerFile.issuers(in: text, warnings: &warnings) { list }
                return 0
            } catch {
                return error.lines.count
            }
        }
        #expect(
            count("https://a.co.uk", "b.co.uk") == 1
                && Self.mistakes(
                    Self.issuer(
                        ["type: username", "subject-domain: b.co.uk"], url: "https://a.co.uk")
                ).isEmpty)
        #expect(count("https://a.x.co.uk", "b.x.co.uk") == 0 && count("https://a.co.uk", "a.co.uk") == 0)
        #expect(count("https://a.example.com", "b.example.com") == 0)
        #expect(count("https://a.example.com", "b.example.org") == 1)
    }

    @Test(
        "TOK-25: the further load errors",
        arguments: [
            issuer(["type: ci-provider", "ci-provider: x"]), issuer(["type: ci-provider"]), provider("a", san: " "),
            provider("{{ upper .a }}"), meta(["type: email"], pattern: "http://a.example.org/*"),
            meta(["type: email"], pattern: "https://a.*.org/"), meta(["type: email"], pattern: "'*'"),
            meta(["type: circus", "challenge-claim: sub"]), meta(["type: email", "issuer-claim: x["]),
            meta(["type: email", "client-id: other"]), "meta-issuers: 5", "ci-issuer-metadata: {}",
            "define: [a]", "{}", "{\"oidcIssuers\": {}}",
            issuer(["type: email"]) + "OIDCIssuers: {}\n",
            #"{"OIDCIssuers":{"https://a.org":{"IssuerURL":"https://a.org","ClientID":5,"Type":"email"}}}"#,
            #"{"OIDCIssuers":{"https://a.org":{"IssuerURL":"https://a.org","ClientID":"s","Type":"email","#
                + #""SkipEmailVerification":"true"}}}"#,
            #"{"OIDCIssuers":{"https://a.org":{"issuerurl":"https://a.org","ClientID":"s","Type":"email"}}}"#,
            issuer(["type: email", "skip-email-verification: 'true'"]),
            provider("a") + "    default-template-values: [a]\n",
        ])
    func further(file: String) {
        #expect(!Self.mistakes(file).isEmpty)
    }

    @Test(
        "domains that an issuer may speak for",
        arguments: [
            issuer(["type: uri", "subject-domain: https://b.example.org"]),
            issuer(["type: uri", "subject-domain: https://a.example.org:8443"]),
            issuer(["type: username", "subject-domain: example.org"]),
            issuer(["type: username", "subject-domain: localhost"], url: "http://localhost:9000"),
            meta(["type: username", "subject-domain: example.org"], pattern: "https://*.example.org/x"),
            issuer(["type: spiffe", "spiffe-trust-domain: spiffe://example.org"]), meta(["type: email"]),
            provider("{{ .a }}"),
        ])
    func allowed(file: String) {
        #expect(Self.mistakes(file).isEmpty)
    }

    @Test("TOK-25: every mistake is told with its line")
    func lines() {
        let file = Self.issuer(["type: uri"]) + Self.meta(["type: spiffe"]) + "ci-issuer-metadata:\n  x: 5\n"
        let mistakes = Self.mistakes(file)
        #expect(mistakes.count == 3)
        #expect(mistakes.allSatisfy { $0.hasPrefix("validate: line ") })
    }

    @Test("TOK-26: a file of the shape of the public instance's loads without mistakes")
    func publicShape() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/identity.yaml")
        var warnings: [String] = []
        let configuration = try IssuerFile.issuers(
            in: String(decoding: Data(contentsOf: path), as: UTF8.self), warnings: &warnings)
        #expect(warnings == ["unknown key define is ignored"])
        #expect(configuration.issuers.count == 13)
        #expect(configuration.metaIssuers.count == 6)
        #expect(configuration.listed.last?.settings.kind.name == "ci-provider")
        let providers = configuration.listed.compactMap { issuer -> CIProviderMetadata? in
            if case .ciProvider(let metadata) = issuer.settings.kind { metadata } else { nil }
        }
        #expect(Set(providers.map(\.name)).count == 6)
        #expect(providers.first { $0.name == "github-workflow" }?.extensions.count == 20)
    }

    @Test("TOK-26: the JSON form of meta issuers and CI systems means the same")
    func spellings() throws {
        let yaml = """
            define:
              - &x provider
            meta-issuers:
              https://a.example.org/*: {client-id: sigstore, type: ci-provider, ci-provider: *x}
            ci-issuer-metadata:
              *x :
                default-template-values: {url: "https://h"}
                extension-templates: {build-trigger: event, source-repository-uri: "{{ .url }}/x"}
                subject-alternative-name-template: "{{ .url }}"
            """
        let json = """
            {"MetaIssuers":{"https://a.example.org/*":
              {"ClientID":"sigstore","Type":"ci-provider","CIProvider":"provider"}},
             "CIIssuerMetadata":{"provider":{"DefaultTemplateValues":{"url":"https://h"},
              "ExtensionTemplates":{"BuildTrigger":"event","SourceRepositoryURI":"{{ .url }}/x"},
              "SubjectAlternativeNameTemplate":"{{ .url }}"}}}
            """
        var warnings: [String] = []
        let first = try IssuerFile.issuers(in: yaml, warnings: &warnings)
        #expect(try first == IssuerFile.issuers(in: json, warnings: &warnings))
        #expect(first.metaIssuers.count == 1)
    }

    @Test("TOK-11: patterns with different settings that may overlap are warned of")
    func overlap() throws {
        var warnings: [String] = []
        let file =
            Self.meta(["type: email"])
            + Self.meta(["type: kubernetes"], pattern: "https://a.example.org/a*").dropFirst("meta-issuers:\n".count)
        _ = try IssuerFile.issuers(in: file, warnings: &warnings)
        #expect(warnings.count == 1)
    }
}
