internal import CertificateTransparency
internal import Issuance
internal import Monitor
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import TransparencyLog

/// The client's part of the demonstration: from a token to a verified certificate.
struct DemoRun {
    /// What came out of it.
    struct Outcome {
        let certificate: Certificate
        let chain: [Certificate]
        let checks: [String]
    }

    /// An answer without what was asked for.
    struct UnusableAnswer: Error, CustomStringConvertible {
        let description: String
    }

    let authority: DemoAuthority
    let issuerURL: String
    let client: JSONClient
    /// Tells a person what is being done.
    let say: @Sendable (String) -> Void

    /// Gets a token, makes a key, asks for a certificate, and verifies it with what is public.
    func run() async throws -> Outcome {
        say("Asking the issuer for a token …")
        let token = try await fetchToken()
        say("Making an ephemeral P-256 key and signing the challenge with it …")
        let key = try PrivateKey.generate(.ellipticCurve(.p256))
        let proof = try key.signature(over: Array(challenge.utf8), scheme: key.defaultScheme)
        let info = key.publicKey.subjectPublicKeyInfo
        say("Asking the CA for a certificate: POST \(publicURL)/api/v2/signingCert …")
        let (certificate, chain) = try await requestCertificate(token, info, proof)
        say("Verifying it as a stranger would, with the root and the log key alone:")
        var checks: [String] = []
        let (trust, log) = try trust()
        let verification = CertificateVerification(
            certificate: certificate, chain: chain, trust: trust,
            expectation: CertificateVerification.Expectation(identity: name, oidcIssuer: issuerURL, key: info),
            inclusion: .live(log))
        try await verification.run(now: .now()) { check in
            checks.append(check.text)
            say("  ok: \(check.text)")
        }
        return Outcome(certificate: certificate, chain: chain, checks: checks)
    }

    private var publicURL: String { authority.created.settings.publicURL.text }

    /// What a client signs for this kind of identity, which is also in the token.
    private var challenge: String {
        switch authority.identity {
        case .workflow: "repo:example/widgets:ref:refs/heads/main"
        case .email(let address): address
        }
    }

    private var name: String {
        switch authority.identity {
        case .workflow: "https://github.com/\(Self.workflow)"
        case .email(let address): address
        }
    }

    private static let workflow = "example/widgets/.github/workflows/release.yml@refs/heads/main"

    private func fetchToken() async throws -> String {
        let answer = try await client.postJSON("\(issuerURL)/token", claims)
        guard let token = answer["id_token"]?.string else {
            throw UnusableAnswer(description: "the issuer answered without an id_token")
        }
        return token
    }

    private var claims: JSONValue {
        switch authority.identity {
        case .email(let address):
            return ["sub": .string(address), "email": .string(address), "email_verified": true]
        case .workflow:
            let commit = JSONValue.string(String(repeating: "5ca1ab1e", count: 5))
            return [
                "sub": .string(challenge), "job_workflow_ref": .string(Self.workflow), "job_workflow_sha": commit,
                "workflow_ref": .string(Self.workflow), "workflow_sha": commit, "workflow": "release", "sha": commit,
                "ref": "refs/heads/main", "event_name": "push", "repository": "example/widgets",
                "repository_id": "1001", "repository_owner": "example", "repository_owner_id": "42",
                "repository_visibility": "private", "runner_environment": "self-hosted", "run_id": "7",
                "run_attempt": "1",
            ]
        }
    }

    private func requestCertificate(
        _ token: String, _ info: SubjectPublicKeyInfo, _ proof: [UInt8]
    ) async throws -> (Certificate, [Certificate]) {
        let answer = try await client.postJSON(
            "\(publicURL)/api/v2/signingCert",
            [
                "credentials": ["oidcIdentityToken": .string(token)],
                "publicKeyRequest": [
                    "publicKey": [
                        "algorithm": "ECDSA", "content": .string(PEM.encode(label: "PUBLIC KEY", info.der)),
                    ],
                    "proofOfPossession": .string(Base64.encode(proof)),
                ],
            ])
        let list = answer["signedCertificateEmbeddedSct"]?["chain"]?["certificates"]?.elements ?? []
        let certificates = try list.compactMap(\.string).map { text throws(DERError) in
            try Certificate(pem: Array(text.utf8))
        }
        guard let first = certificates.first, certificates.count > 1 else {
            throw UnusableAnswer(description: "the CA answered without a chain")
        }
        return (first, Array(certificates.dropFirst()))
    }

    /// What a stranger has from elsewhere, root and log key as files that the operator handed out, and the log.
    private func trust() throws -> (CertificateVerification.Trust, LogClient) {
        let settings = authority.created.settings
        let directory = authority.created.directory
        let key = try LogKeyFile.read(directory.logPublicKey(settings.shard))
        guard let url = LogURL(settings.publicURL.submissionPrefix(shard: settings.shard)) else {
            throw UnusableAnswer(description: "the log's URL cannot be used")
        }
        let transport = try LogTransport(url, now: Timestamp.now)
        let log = LogClient(api: .tiles, origin: url.origin, key: key) { try await transport.get($0, limit: $1) }
        let root = try Certificate(pem: try PrivateFile.read(directory.root, readers: .anyone))
        return (CertificateVerification.Trust(roots: [root], logKey: key, origin: url.origin), log)
    }
}
