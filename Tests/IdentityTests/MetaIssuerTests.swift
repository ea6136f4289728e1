import Identity
import Logging
import OpenSSL
import StrictJSON
import Testing

@Suite(.timeLimit(.minutes(2))) struct MetaIssuerTests {
    private static func entry(_ type: String = "email", clientID: String = "sigstore") -> IssuerEntry {
        var entry = IssuerEntry()
        entry.clientID = clientID
        entry.type = type
        return entry
    }

    private static func publish(_ server: ScriptedServer, path: String, _ mint: TokenMint) {
        let issuer = server.url + path
        server.reply(
            to: path + IssuerFixture.metadataPath,
            .json([
                "issuer": .string(issuer), "jwks_uri": .string(issuer + "/keys"),
                "id_token_signing_alg_values_supported": ["ES256"],
            ]))
        server.reply(to: path + "/keys", .json(["keys": [mint.webKey()]]))
    }

    private static func pool(
        _ server: ScriptedServer, fixed: [OIDCIssuer] = [], _ settings: IssuerPoolSettings = .patient
    ) throws -> IssuerPool {
        IssuerPool(
            issuers: fixed, metaIssuers: [try MetaIssuer(pattern: server.url + "/*", entry: entry())],
            settings: settings, logger: Logger(label: "test"))
    }

    private static func token(_ server: ScriptedServer, _ path: String, _ mint: TokenMint) throws -> [UInt8] {
        try mint.token(Claims.email(issuer: server.url + path))
    }

    @Test func `R-31 TOK-10 each tenant has its own keys, fetched once, and only tenants of the pattern count`()
        async throws
    {
        try await ScriptedServer.with { server in
            let (mintA, mintB) = (try TokenMint(), try TokenMint())
            Self.publish(server, path: "/a", mintA)
            Self.publish(server, path: "/b", mintB)
            let pool = try Self.pool(server)
            try await IssuerFixture.running(pool) {
                for _ in 0..<3 {
                    for (path, mint) in [("/a", mintA), ("/b", mintB)] {
                        let principal = try await pool.authenticate(
                            Self.token(server, path, mint), now: Claims.now)
                        #expect(principal.issuer == server.url + path)
                    }
                }
                await #expect(throws: TokenRefusal.signatureInvalid) {
                    try await pool.authenticate(Self.token(server, "/a", mintB), now: Claims.now)
                }
                for path in ["/", "/a/", "/a/b", "", "/a\n", "/a?b", "/a#b", "/%61"] {
                    await #expect(throws: TokenRefusal.issuerUnknown) {
                        try await pool.authenticate(Self.token(server, path, mintA), now: Claims.now)
                    }
                }
            }
            #expect(server.count(of: "/b" + IssuerFixture.metadataPath) == 1)
        }
    }

    @Test func `TOK-11 a fixed issuer beats a pattern`() async throws {
        try await ScriptedServer.with { server in
            let mint = try TokenMint()
            Self.publish(server, path: "/a", mint)
            let fixed = try OIDCIssuer(url: server.url + "/a", entry: Self.entry(clientID: "other"))
            let pool = try Self.pool(server, fixed: [fixed])
            try await IssuerFixture.running(pool) {
                let found = FoundAudience(["sigstore"])
                await #expect(throws: TokenRefusal.audienceMissing(expected: "other", found: found)) {
                    try await pool.authenticate(Self.token(server, "/a", mint), now: Claims.now)
                }
            }
            #expect(pool.configuration.map(\.name) == [server.url + "/a", server.url + "/*"])
        }
    }

    @Test func `R-35 the number of tenants and of fetches under way is bounded`() async throws {
        try await ScriptedServer.with { server in
            let mint = try TokenMint()
            var settings = IssuerPoolSettings.patient
            settings.matchedIssuerLimit = 2
            settings.matchedFetchLimit = 1
            for path in ["/a", "/b", "/c"] { Self.publish(server, path: path, mint) }
            let metadata = "/a" + IssuerFixture.metadataPath
            server.hold(metadata)
            let pool = try Self.pool(server, settings)
            try await IssuerFixture.running(pool) {
                async let first = pool.authenticate(Self.token(server, "/a", mint), now: Claims.now)
                await server.wait(for: metadata, count: 1)
                await #expect(throws: TokenRefusal.tooManyWaiters(limit: settings.waiterLimit)) {
                    try await pool.authenticate(Self.token(server, "/b", mint), now: Claims.now)
                }
                server.release()
                _ = try await first
                // A third tenant takes the place of the one that never had keys, not that of the first.
                _ = try await pool.authenticate(Self.token(server, "/c", mint), now: Claims.now)
                _ = try await pool.authenticate(Self.token(server, "/a", mint), now: Claims.now)
                #expect(server.count(of: metadata) == 1)
                // The second one takes the place of the one that was not used for longest.
                _ = try await pool.authenticate(Self.token(server, "/b", mint), now: Claims.now)
                _ = try await pool.authenticate(Self.token(server, "/c", mint), now: Claims.now)
                #expect(server.count(of: "/c" + IssuerFixture.metadataPath) == 2)
            }
        }
    }

    @Test func `R-33 keys of a tenant that are old are fetched again when its next token comes`() async throws {
        try await ScriptedServer.with { server in
            let (old, new) = (try TokenMint(keyID: "old"), try TokenMint(keyID: "new"))
            Self.publish(server, path: "/a", old)
            var settings = IssuerPoolSettings.patient
            settings.refreshInterval = .zero
            let pool = try Self.pool(server, settings)
            try await IssuerFixture.running(pool) {
                _ = try await pool.authenticate(Self.token(server, "/a", old), now: Claims.now)
                Self.publish(server, path: "/a", new)
                await #expect(throws: TokenRefusal.noMatchingKey) {
                    try await pool.authenticate(Self.token(server, "/a", old), now: Claims.now)
                }
                server.reply(to: "/a/keys", .hangUp)
                _ = try await pool.authenticate(Self.token(server, "/a", new), now: Claims.now)
            }
            await #expect(throws: TokenRefusal.keysUnavailable) {
                try await pool.authenticate(Self.token(server, "/b", new), now: Claims.now)
            }
        }
    }

    @Test func `R-35 a tenant at a private address is not asked`() async throws {
        let certificate = try TestCertificate()
        try await ScriptedServer.with(tls: certificate) { server in
            var entry = Self.entry()
            entry.trustRoots = certificate.certificate.pem
            let url = server.url(host: "127.0.0.1")
            let pool = IssuerPool(
                issuers: [], metaIssuers: [try MetaIssuer(pattern: url + "/*", entry: entry)], settings: .patient,
                logger: Logger(label: "test"))
            let mint = try TokenMint()
            try await IssuerFixture.running(pool) {
                await #expect(throws: TokenRefusal.keysUnavailable) {
                    try await pool.authenticate(mint.token(Claims.email(issuer: url + "/a")), now: Claims.now)
                }
            }
            #expect(server.requests.isEmpty)
        }
    }
}
