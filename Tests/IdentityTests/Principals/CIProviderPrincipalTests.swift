import StrictJSON
import Testing

@testable import Identity

@Suite struct CIProviderPrincipalTests {
    private static func principal(
        san: String = "{{ .url }}/{{ .repository }}", _ extensions: [(FulcioExtension, String)] = [],
        _ changes: [(String, JSONValue?)] = []
    ) throws -> Principal {
        let metadata = try CIProviderMetadata(
            name: "x", defaults: [("url", "https://github.com"), ("empty", "")], extensions: extensions,
            subjectAlternativeName: san)
        return try CIProviderPrincipal.principal(
            from: ClaimsSet(Claims.github().changing(changes)), metadata: metadata)
    }

    @Test func `the challenge is the subject, and values are not escaped`() throws {
        let principal = try Self.principal(
            [(.buildSignerURI, "{{ .url }}/{{ .workflow }}"), (.buildTrigger, "event_name")],
            [("workflow", "a b & \u{FC}<c>")])
        #expect(principal.challenge == Array("repo:o/r:ref:refs/heads/main".utf8))
        #expect(principal.subjectAlternativeName == .uri("https://github.com/o/r"))
        #expect(principal.attribute(.buildSignerURI) == "https://github.com/a b & \u{FC}<c>")
        #expect(principal.attribute(.buildTrigger) == "push")
    }

    @Test func `ID-11 templates of issuer and subject change nothing`() throws {
        let principal = try Self.principal([(.issuer, "event_name"), (.subject, "event_name"), (.issuerV2, "ref")])
        #expect(principal.issuer == "https://issuer.example.com")
        #expect(principal.subject == "repo:o/r:ref:refs/heads/main")
        #expect(principal.attributes.isEmpty)
    }

    @Test func `ID-16 ID-03 blank and empty values make no extension`() throws {
        let principal = try Self.principal([
            (.buildTrigger, " "), (.buildSignerDigest, ""), (.sourceRepositoryRef, "empty"),
            (.runnerEnvironment, #"{{ index . "absent" }}"#),
        ])
        #expect(principal.attributes.isEmpty)
    }

    @Test(
        "ID-16 ID-13 names that make no content",
        arguments: [
            "", " \t", "empty", #"{{ index . "absent" }}"#, "{{ .repository }}", "{{ .absent }}", "repository",
            "{{ .url }}/100%",
        ])
    func names(template: String) throws {
        let principal = try Self.principal(san: template)
        #expect(throws: CertificateContentRefusal.self) { try principal.content.get() }
    }

    @Test func `ID-16 the text of a blank name`() throws {
        let text = "SubjectAlternativeNameTemplate should not be empty. Issuer: https://issuer.example.com"
        #expect(throws: CertificateContentRefusal(text)) { try Self.principal(san: " ").content.get() }
    }

    @Test func `ID-14 a CircleCI job without rerun has two quotes as its environment`() throws {
        let template = #"{{ if eq (index . "oidc.circleci.com/ssh-rerun") "true" }}ssh-rerun{{ else }}""{{ end }}"#
        let value = { (changes: [(String, JSONValue?)]) in
            try Self.principal([(.runnerEnvironment, template)], changes).attribute(.runnerEnvironment)
        }
        #expect(try value([]) == "\"\"")
        #expect(try value([("oidc.circleci.com/ssh-rerun", false)]) == "\"\"")
        #expect(try value([("oidc.circleci.com/ssh-rerun", true)]) == "ssh-rerun")
    }

    @Test("SEC-06 a claim that templates repeat counts each time", arguments: [(7, true), (8, false), (12, false)])
    func repeatedClaim(count: Int, isCertified: Bool) throws {
        let targets = FulcioExtension.allCases.filter(\.isConfigurable).prefix(count)
        let large = JSONValue.string(String(repeating: "x", count: 8 * 1024))
        let principal = try Self.principal(targets.map { ($0, "event_name") }, [("event_name", large)])
        #expect(((try? principal.content.get()) != nil) == isCertified)
    }

    @Test func `TOK-22 an empty subject is a fault of the token`() {
        for value: JSONValue? in [nil, "", 7] {
            #expect(throws: TokenRefusal.self) { try Self.principal([], [("sub", value)]) }
        }
    }
}
