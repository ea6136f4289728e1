import Issuance
import OpenSSL
import StrictJSON

@testable import Identity

extension FuzzEntry {
    /// The claims of a token that verified, for every kind of issuer, down to a certificate that passes its lint.
    static let claims = FuzzEntry("claims", seeds: { try Corpus.files("claims") }) { bytes in
        let claims = try ClaimsSet(JSONValue(parsing: bytes, limits: JSONLimits(byteCount: 48 * 1024)))
        let stage = try Stage.shared.get()
        var isAccepted = false
        for kind in stage.kinds {
            guard let principal = try? kind.principal(from: claims) else { continue }
            do {
                _ = try CertificateProfile.prepare(
                    principal, stage.key, issuing: stage.issuing, now: stage.now)
                isAccepted = true
            } catch is IssuanceRefusal {
                continue
            } catch {
                return "claims of kind \(kind.name) make what is no certificate: \(error)"
            }
        }
        guard isAccepted else { throw Refused() }
        return nil
    }
}

/// What stands ready when claims arrive.
private struct Stage: Sendable {
    static let shared = Result { try Stage() }

    let kinds: [IssuerKind]
    let issuing: IssuingCertificate
    let key: SubjectPublicKeyInfo
    let now: Timestamp

    private init() throws {
        let metadata = try CIProviderMetadata(
            name: "x", defaults: [("base", "https://github.com")],
            extensions: [
                (.buildTrigger, "event_name"), (.sourceRepositoryURI, "{{ .base }}/{{ .repository }}"),
                (.sourceRepositoryRef, #"{{if eq .ref "x"}}a{{else}}{{ .ref }}{{end}}"#),
            ],
            subjectAlternativeName: "{{ .base }}/{{ .job_workflow_ref }}")
        kinds = [
            .email(issuerClaim: JSONPath("$.federated[0].id"), skipVerification: false),
            .email(issuerClaim: nil, skipVerification: true), .uri(domain: "https://example.com"),
            .username(domain: "example.com"), .spiffe(trustDomain: "example.com"), .kubernetes, .githubWorkflow,
            .gitlabPipeline, .buildkiteJob, .codefreshWorkflow, .chainguardIdentity, .ciProvider(metadata),
        ]
        let key = LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256)))
        self.key = key.publicKey.subjectPublicKeyInfo
        let chain = try PEM.blocks(in: Corpus.example("ca/chain.pem")).read().map { try Certificate(der: $0.bytes) }
        let passphrase = try Passphrase(try Corpus.example("passphrase").filter { $0 != 0x0A })
        let issuingKey = try PrivateKey(pem: Corpus.example("ca/issuing-key.pem"), passphrase: passphrase)
        now = chain.map(\.notBefore).max() ?? Timestamp(seconds: 0)
        issuing = try IssuingCertificate(chain: chain, key: LocalSigningKey(issuingKey), now: now)
    }
}
