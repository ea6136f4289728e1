import Identity
import Logging
import OpenSSL
import StrictJSON
import Testing

@Suite(.timeLimit(.minutes(2))) struct IssuerTransportTests {
    private static func isAccepted(_ issuer: OIDCIssuer, mint: TokenMint) async throws -> Bool {
        let pool = IssuerPool(issuers: [issuer], settings: .patient, logger: Logger(label: "test"))
        let token = try mint.token(Claims.email(issuer: issuer.url))
        var isAccepted = false
        try await IssuerFixture.running(pool) {
            do throws(TokenRefusal) {
                _ = try await pool.authenticate(token, now: Claims.now)
                isAccepted = true
            } catch {
                #expect(error == .keysUnavailable)
            }
        }
        return isAccepted
    }

    private static func publish(_ server: ScriptedServer, host: String, keysHost: String? = nil, _ mint: TokenMint) {
        server.publish(keys: [mint.webKey()])
        server.publish(metadata: [
            ("issuer", .string(server.url(host: host))),
            ("jwks_uri", .string(server.url(host: keysHost ?? host) + IssuerFixture.keysPath)),
            ("id_token_signing_alg_values_supported", ["ES256"]),
        ])
    }

    @Test func `R-35 a named host is resolved, checked and connected to`() async throws {
        try await ScriptedServer.with { server in
            let mint = try TokenMint()
            Self.publish(server, host: "localhost", mint)
            let issuer = try OIDCIssuer(url: server.url(host: "localhost"), clientID: "sigstore", type: "email")
            #expect(try await Self.isAccepted(issuer, mint: mint))
            #expect(
                server.requests.allSatisfy { request in
                    request.headers.contains { $0.0.lowercased() == "host" && $0.1 == "localhost:\(server.port)" }
                })
        }
    }

    @Test func `a host without address makes its issuer unusable and nothing else`() async throws {
        let issuer = try OIDCIssuer(url: "https://issuer.invalid", clientID: "sigstore", type: "email")
        #expect(try await !Self.isAccepted(issuer, mint: TokenMint()))
    }

    @Test func `TOK-24 a trust root makes TLS to a private issuer possible, for its name alone`() async throws {
        let certificate = try TestCertificate()
        try await ScriptedServer.with(tls: certificate) { server in
            let mint = try TokenMint()
            for (host, roots, isExpected) in [
                ("localhost", certificate.certificate.pem, true), ("localhost", "", false),
                ("127.0.0.1", certificate.certificate.pem, false),
                ("localhost", try TestCertificate().certificate.pem, false),
            ] {
                Self.publish(server, host: host, mint)
                let before = server.requests.count
                let issuer = try OIDCIssuer(
                    url: server.url(host: host), clientID: "sigstore", type: "email", trustRoots: roots)
                #expect(try await Self.isAccepted(issuer, mint: mint) == isExpected)
                #expect(server.requests.count == before + (isExpected ? 2 : 0))
            }
        }
    }

    @Test func `R-35 private addresses are refused unless the issuer may have them`() async throws {
        let certificate = try TestCertificate()
        try await ScriptedServer.with(tls: certificate) { server in
            let mint = try TokenMint()
            Self.publish(server, host: "localhost", mint)
            let issuer = try OIDCIssuer(
                url: server.url(host: "localhost"), clientID: "sigstore", type: "email",
                trustRoots: certificate.certificate.pem, allowsPrivateAddresses: false)
            #expect(try await !Self.isAccepted(issuer, mint: mint))
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `R-35 keys may be on another host where the issuer itself was found`() async throws {
        try await ScriptedServer.with { server in
            let mint = try TokenMint()
            Self.publish(server, host: "127.0.0.1", keysHost: "localhost", mint)
            let issuer = try OIDCIssuer(url: server.url, clientID: "sigstore", type: "email")
            #expect(try await Self.isAccepted(issuer, mint: mint))
        }
    }
}
