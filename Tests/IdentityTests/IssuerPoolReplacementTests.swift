import Identity
import Logging
import OpenSSL
import StrictJSON
import Testing

@Suite(.timeLimit(.minutes(2))) struct IssuerPoolReplacementTests {
    private static func issuer(_ url: String, clientID: String = "sigstore") throws -> OIDCIssuer {
        try OIDCIssuer(url: url, clientID: clientID, type: "email")
    }

    private static func discoveries(_ server: ScriptedServer) -> Int {
        server.count(of: IssuerFixture.metadataPath)
    }

    @Test func `R-36 R-31 an issuer for which nothing changed keeps its keys`() async throws {
        try await IssuerFixture.with { fixture in
            let own = try Self.issuer(fixture.server.url)
            _ = try await fixture.authenticate(fixture.token())
            for _ in 0..<20 {
                fixture.pool.replace(by: IssuerConfiguration(issuers: [own, try Self.issuer("https://a.example.org")]))
                fixture.pool.replace(by: IssuerConfiguration(issuers: [own]))
                _ = try await fixture.authenticate(fixture.token())
            }
            #expect(Self.discoveries(fixture.server) == 1)
        }
    }

    @Test func `R-36 a removed issuer stops at once, and one that comes back is asked anew`() async throws {
        try await IssuerFixture.with { fixture in
            _ = try await fixture.authenticate(fixture.token())
            fixture.pool.replace(by: IssuerConfiguration(issuers: []))
            #expect(fixture.pool.configuration.isEmpty)
            await #expect(throws: TokenRefusal.issuerUnknown) { try await fixture.authenticate(fixture.token()) }
            fixture.pool.replace(by: IssuerConfiguration(issuers: [try Self.issuer(fixture.server.url)]))
            _ = try await fixture.authenticate(fixture.token())
            #expect(Self.discoveries(fixture.server) == 2)
        }
    }

    @Test func `R-36 other settings of the same issuer count from the next token on`() async throws {
        try await IssuerFixture.with { fixture in
            fixture.pool.replace(
                by: IssuerConfiguration(issuers: [try Self.issuer(fixture.server.url, clientID: "other")]))
            let refusal = await #expect(throws: TokenRefusal.self) {
                try await fixture.authenticate(fixture.token())
            }
            #expect(refusal?.code == "audience-missing")
            _ = try await fixture.authenticate(fixture.token([("aud", "other")]))
        }
    }

    @Test func `R-32 R-36 known keys serve on when the provider is down and only the audience changes`() async throws {
        try await IssuerFixture.with { fixture in
            let url = fixture.server.url
            _ = try await fixture.authenticate(fixture.token())
            let before = try #require(fixture.pool.keyStates.first?.age)
            fixture.server.reply(to: IssuerFixture.metadataPath, .answer(503, [], []))
            fixture.pool.replace(by: IssuerConfiguration(issuers: [try Self.issuer(url, clientID: "other")]))
            _ = try await fixture.authenticate(fixture.token([("aud", "other")]))
            #expect(try #require(fixture.pool.keyStates.first?.age) > before)
        }
    }

    @Test func `R-31 R-36 keys are not known under other trust roots or other permitted addresses`() async throws {
        try await IssuerFixture.with { fixture in
            let url = fixture.server.url
            fixture.server.reply(to: IssuerFixture.metadataPath, .answer(503, [], []))
            let roots = try OIDCIssuer(
                url: url, clientID: "sigstore", type: "email", trustRoots: try TestCertificate().certificate.pem)
            let global = try OIDCIssuer(
                url: url, clientID: "sigstore", type: "email", allowsPrivateAddresses: false)
            for other in [roots, global] {
                fixture.pool.replace(by: IssuerConfiguration(issuers: [other]))
                await #expect(throws: TokenRefusal.keysUnavailable) {
                    try await fixture.authenticate(fixture.token())
                }
            }
        }
    }

    @Test func `R-36 replacing before and after the run leaves nobody waiting`() async throws {
        try await ScriptedServer.with { server in
            let mint = try TokenMint()
            server.publish(keys: [mint.webKey()])
            let issuer = try Self.issuer(server.url)
            let pool = IssuerPool(issuers: [], settings: .patient, logger: Logger(label: "test"))
            let token = try mint.token(Claims.email(issuer: server.url))
            pool.replace(by: IssuerConfiguration(issuers: [issuer]))
            pool.replace(by: IssuerConfiguration(issuers: []))
            pool.replace(by: IssuerConfiguration(issuers: [issuer]))
            try await IssuerFixture.running(pool) { _ = try await pool.authenticate(token, now: Claims.now) }
            pool.replace(by: IssuerConfiguration(issuers: [try Self.issuer(server.url, clientID: "other")]))
            let other = try mint.token(Claims.email(issuer: server.url).changing([("aud", "other")]))
            _ = try await pool.authenticate(other, now: Claims.now)
            pool.replace(by: IssuerConfiguration(issuers: [try Self.issuer(server.url + "/b")]))
            let unknown = try mint.token(Claims.email(issuer: server.url + "/b"))
            await #expect(throws: TokenRefusal.keysUnavailable) {
                try await pool.authenticate(unknown, now: Claims.now)
            }
        }
    }

    @Test func `R-36 a pattern's tenants keep their keys whatever else changes`() async throws {
        try await ScriptedServer.with { server in
            let mint = try TokenMint()
            let tenant = server.url + "/a"
            server.reply(
                to: "/a" + IssuerFixture.metadataPath,
                .json([
                    "issuer": .string(tenant), "jwks_uri": .string(tenant + "/keys"),
                    "id_token_signing_alg_values_supported": ["ES256"],
                ]))
            server.reply(to: "/a/keys", .json(["keys": [mint.webKey()]]))
            func configuration(_ clientID: String) throws -> IssuerConfiguration {
                var entry = IssuerEntry()
                (entry.clientID, entry.type) = (clientID, "email")
                return IssuerConfiguration(
                    issuers: [], metaIssuers: [try MetaIssuer(pattern: server.url + "/*", entry: entry)])
            }
            let pool = IssuerPool(
                issuers: try configuration("sigstore"), settings: .patient, logger: Logger(label: "test"))
            let token = try mint.token(Claims.email(issuer: tenant))
            let other = try mint.token(Claims.email(issuer: tenant).changing([("aud", "other")]))
            let path = "/a" + IssuerFixture.metadataPath
            try await IssuerFixture.running(pool) {
                _ = try await pool.authenticate(token, now: Claims.now)
                pool.replace(by: try configuration("sigstore"))
                _ = try await pool.authenticate(token, now: Claims.now)
                #expect(server.count(of: path) == 1)
                pool.replace(by: try configuration("other"))
                _ = try await pool.authenticate(other, now: Claims.now)
                #expect(server.count(of: path) == 1)
                pool.replace(by: IssuerConfiguration(issuers: []))
                await #expect(throws: TokenRefusal.issuerUnknown) {
                    try await pool.authenticate(other, now: Claims.now)
                }
            }
        }
    }
}
