import OpenSSL
import Testing

@testable import Identity
@testable import Issuance

@Suite struct IdentityEncodingTests {
    private static func kind(_ name: String) throws -> IssuerKind {
        switch name {
        case "email": .email(issuerClaim: nil, skipVerification: false)
        case "username": .username(domain: "example.com")
        case "uri": .uri(domain: "http://app.example.com")
        case "spiffe": .spiffe(trustDomain: "example.com")
        case "kubernetes": .kubernetes
        case "chainguard-identity": .chainguardIdentity
        case "buildkite-job": .buildkiteJob
        case "codefresh-workflow": .codefreshWorkflow
        case "gitlab-pipeline": .gitlabPipeline
        case "github-workflow": .githubWorkflow
        default: .ciProvider(try github())
        }
    }

    /// The mapping of the public instance.
    private static func github() throws -> CIProviderMetadata {
        try CIProviderMetadata(
            name: "github-workflow", defaults: [("url", "https://github.com"), ("environment", "")],
            extensions: [
                (.githubWorkflowTrigger, "event_name"), (.githubWorkflowSHA, "sha"), (.githubWorkflowName, "workflow"),
                (.githubWorkflowRepository, "repository"), (.githubWorkflowRef, "ref"),
                (.buildSignerURI, "{{ .url }}/{{ .job_workflow_ref }}"), (.buildSignerDigest, "job_workflow_sha"),
                (.runnerEnvironment, "runner_environment"), (.sourceRepositoryURI, "{{ .url }}/{{ .repository }}"),
                (.sourceRepositoryDigest, "sha"), (.sourceRepositoryRef, "ref"),
                (.sourceRepositoryIdentifier, "repository_id"),
                (.sourceRepositoryOwnerURI, "{{ .url }}/{{ .repository_owner }}"),
                (.sourceRepositoryOwnerIdentifier, "repository_owner_id"),
                (.buildConfigURI, "{{ .url }}/{{ .workflow_ref }}"), (.buildConfigDigest, "workflow_sha"),
                (.buildTrigger, "event_name"),
                (
                    .runInvocationURI,
                    "{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}"
                ),
                (.sourceRepositoryVisibilityAtSigning, "repository_visibility"),
                (.deploymentEnvironment, "environment"),
            ],
            subjectAlternativeName: "{{ .url }}/{{ .job_workflow_ref }}")
    }

    private static func extensions(
        _ kind: String, _ claims: String
    ) async throws -> [CertificateExtension] {
        let claims = try ClaimsSet(CompactJWS.object(Array(claims.utf8), .payload))
        let principal = try Self.kind(kind).principal(from: claims)
        let info = try PrivateKey.generate(.ellipticCurve(.p256)).publicKey.subjectPublicKeyInfo
        return Array(
            try LeafExtensions.all(for: principal, key: info, issuing: try await TestAuthority().loaded()).dropFirst(4))
    }

    @Test(
        "ID-15 ID-01 ID-03 ID-04 ID-05 ID-09: the octets of every kind are those of the vectors",
        arguments: IdentityVector.all.indices)
    func vectors(index: Int) async throws {
        let vector = IdentityVector.all[index]
        let found = try await Self.extensions(vector.kind, vector.claims)
        let expected = try vector.values.map { name, value in
            let isName = name == "SAN"
            let id = ObjectIdentifier(isName ? "2.5.29.17" : "1.3.6.1.4.1.57264.1.\(name)")
            return CertificateExtension(
                id: try #require(id), isCritical: isName, value: try #require([UInt8](hexadecimal: value)))
        }
        #expect(found == expected, "\(vector.kind)")
    }

    @Test("ID-05: without an environment there is no extension 23")
    func withoutEnvironment() async throws {
        let vector = try #require(IdentityVector.all.first { $0.kind == "ci-provider" })
        let claims = vector.claims.replacing("\"environment\": \"prod\",", with: "")
        let found = try await Self.extensions(vector.kind, claims)
        #expect(found.count == vector.values.count - 1)
        #expect(!found.contains { $0.id == "1.3.6.1.4.1.57264.1.23" })
    }

    @Test("ID-02: a user name is one otherName that the lint reads back, and no other")
    func username() async throws {
        let authority = try await TestAuthority()
        let issuing = try authority.loaded()
        let info = try PrivateKey.generate(.ed25519).publicKey.subjectPublicKeyInfo
        let principal = { (name: String) in
            Principal(
                issuer: "https://i", subject: "u", challenge: [1],
                subjectAlternativeName: .otherName(username: name))
        }
        let template = try CertificateProfile.prepare(
            principal("j\u{FC}rgen!example.com"), info, issuing: issuing, now: TestAuthority.now)
        let signed = try await template.sign(with: issuing.key)
        let name = try #require(signed.certificate.extensions.first { $0.id == .subjectAlternativeName })
        #expect(name.isCritical)
        #expect(try name == LeafExtensions.subjectAlternativeName(.otherName(username: "j\u{FC}rgen!example.com")))
        #expect(throws: IssuanceRefusal.self) {
            _ = try CertificateProfile.prepare(principal(""), info, issuing: issuing, now: TestAuthority.now)
        }
    }

    @Test(
        "R-05: an otherName of another type, text or shape does not pass the lint",
        arguments: [
            "3022a020060a2b0601040183bf300108a0120c1075736572216578616d706c652e636f6d",
            "3022a020060a2b0601040183bf300107a012131075736572216578616d706c652e636f6d",
            "3022a020060a2b0601040183bf300107a0120c1075736572216578616d706c652e636f6e",
            "30128110757365722140616d706c652e636f6d2e",
            "3012811075736572216578616d706c652e636f6d",
            "3022a020060a2b0601040183bf300107a0120c1075736572216578616d706c652e636f6d",
        ])
    func lint(hexadecimal: String) async throws {
        let issuing = try await TestAuthority().loaded()
        let info = try PrivateKey.generate(.ellipticCurve(.p256)).publicKey.subjectPublicKeyInfo
        let principal = Principal(
            issuer: "https://i", subject: "u", challenge: [1],
            subjectAlternativeName: .otherName(username: "user!example.com"))
        var fields = CertificateFields(
            serialNumber: try SerialNumber.generate(), signatureAlgorithm: issuing.signatureAlgorithm,
            issuer: issuing.certificate.subject, notBefore: Timestamp(seconds: 1_800_000_000),
            notAfter: Timestamp(seconds: 1_800_000_600), subject: DERWriter.sequence([]), subjectPublicKeyInfo: info,
            extensions: try LeafExtensions.all(for: principal, key: info, issuing: issuing) + [LeafExtensions.poison])
        fields.extensions[4] = CertificateExtension(
            id: .subjectAlternativeName, isCritical: true, value: try #require([UInt8](hexadecimal: hexadecimal)))
        let expectation = ProfileLint.Expectation(
            fields: fields, authorityKeyIdentifier: issuing.keyIdentifier,
            name: .otherName(username: "user!example.com"))
        let tbs = try TBSCertificate(der: try fields.tbsCertificate())
        let isGood = hexadecimal.hasSuffix("0107a0120c1075736572216578616d706c652e636f6d")
        do {
            try ProfileLint.check(tbs, against: expectation)
            #expect(isGood)
        } catch {
            #expect(!isGood)
        }
    }

    @Test("ID-10: what the claims cannot make is refused as content, with its own text")
    func contentRefusal() async throws {
        let issuing = try await TestAuthority().loaded()
        let info = try PrivateKey.generate(.ed25519).publicKey.subjectPublicKeyInfo
        let principal = Principal(issuer: "https://i", subject: "u", challenge: [1]) {
            () throws(CertificateContentRefusal) in
            throw CertificateContentRefusal("the text")
        }
        do {
            _ = try CertificateProfile.prepare(principal, info, issuing: issuing, now: TestAuthority.now)
            Issue.record("prepared")
        } catch let refusal as IssuanceRefusal {
            #expect(refusal.publicMessage == "the text")
            #expect(refusal.category == "certificate-content" && refusal.facts.isEmpty)
        }
    }

    @Test("ID-10 R-55: a missing template value is a reason of its own, with the claim's name and the same text")
    func missingTemplateValue() {
        let refusal = IssuanceRefusal(
            CertificateContentRefusal("the text", missingClaim: "trigger", extensionName: "BuildTrigger"))
        #expect(refusal.category == "template-value-missing")
        #expect(refusal.publicMessage == "the text" && refusal.detail == "the text")
        #expect(refusal.facts.map(\.name) == ["claim", "extension"])
        #expect(refusal.facts.map(\.value) == ["trigger", "BuildTrigger"])
    }
}
