import Foundation
import Identity
import Logging
import OpenSSL
import StrictJSON
import Testing

@Suite(.timeLimit(.minutes(2))) struct KubernetesIssuerTests {
    private static let cluster = "https://kubernetes.default.svc"

    private static func issuer(_ url: String, _ type: String = "kubernetes") throws -> OIDCIssuer {
        try OIDCIssuer(url: url, clientID: "sigstore", type: type)
    }

    private static func token(_ mint: TokenMint, _ url: String) throws -> [UInt8] {
        try mint.token([
            "iss": .string(url), "sub": "system:serviceaccount:ns:sa", "aud": "sigstore",
            "exp": .integer(Claims.nowSeconds + 600),
            "kubernetes.io": ["namespace": "ns", "serviceaccount": ["name": "sa"]],
        ])
    }

    /// Runs a body with mounted files.
    private static func withFiles(_ body: (IssuerPoolSettings, URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mintmark-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(TestCertificate().certificate.pem.utf8).write(to: folder.appending(path: "ca.crt"))
        try Data("first\n".utf8).write(to: folder.appending(path: "token"))
        var settings = IssuerPoolSettings.eager
        settings.kubernetesFiles.trustRoots = folder.appending(path: "ca.crt").path
        settings.kubernetesFiles.token = folder.appending(path: "token").path
        try await body(settings, folder)
    }

    private static func bearers(_ server: ScriptedServer) -> [String?] {
        server.requests.map { request in request.headers.first { $0.0.lowercased() == "authorization" }?.1 }
    }

    private static func isAccepted(_ pool: IssuerPool, _ mint: TokenMint, _ url: String) async -> Bool {
        (try? await pool.authenticate(token(mint, url), now: Claims.now)) != nil
    }

    @Test func `TOK-23 the token goes to a fixed cluster issuer and is read for each fetch`() async throws {
        try await ScriptedServer.with { server in
            try await Self.withFiles { settings, folder in
                let mint = try TokenMint()
                server.publish(keys: [mint.webKey()])
                let pool = IssuerPool(
                    issuers: [try Self.issuer(server.url), try Self.issuer(Self.cluster)], settings: settings,
                    logger: Logger(label: "test"))
                try await IssuerFixture.running(pool) {
                    #expect(await Self.isAccepted(pool, mint, server.url))
                    #expect(Self.bearers(server) == ["Bearer first", "Bearer first"])
                    try Data("second".utf8).write(to: folder.appending(path: "token"))
                    let stranger = try TokenMint(keyID: "stranger")
                    #expect(await !Self.isAccepted(pool, stranger, server.url))
                    #expect(Self.bearers(server).last == "Bearer second")
                }
            }
        }
    }

    @Test func `TOK-23 without the cluster in the configuration, or for another kind, no token is sent`() async throws {
        try await ScriptedServer.with { server in
            try await Self.withFiles { settings, _ in
                let mint = try TokenMint()
                server.publish(keys: [mint.webKey()])
                for issuers in [
                    [try Self.issuer(server.url)],
                    [try Self.issuer(server.url, "github-workflow"), try Self.issuer(Self.cluster)],
                ] {
                    let pool = IssuerPool(issuers: issuers, settings: settings, logger: Logger(label: "test"))
                    try await IssuerFixture.running(pool) {
                        _ = await Self.isAccepted(pool, mint, server.url)
                    }
                }
                #expect(Self.bearers(server).count == 4)
                #expect(Self.bearers(server).allSatisfy { $0 == nil })
            }
        }
    }

    @Test func `TOK-23 the token goes to no tenant of a pattern, along no redirect and to no other host`() async throws
    {
        try await ScriptedServer.with { server in
            try await Self.withFiles { settings, _ in
                let mint = try TokenMint()
                server.publish(keys: [mint.webKey()])
                server.reply(to: IssuerFixture.metadataPath, .redirect(302, to: "/moved"))
                server.reply(
                    to: "/moved",
                    .json([
                        "issuer": .string(server.url),
                        "jwks_uri": .string(server.url(host: "localhost") + IssuerFixture.keysPath),
                        "id_token_signing_alg_values_supported": ["ES256"],
                    ]))
                var entry = IssuerEntry()
                entry.clientID = "sigstore"
                entry.type = "kubernetes"
                let pool = IssuerPool(
                    issuers: [try Self.issuer(server.url), try Self.issuer(Self.cluster)],
                    metaIssuers: [try MetaIssuer(pattern: server.url + "/*", entry: entry)], settings: settings,
                    logger: Logger(label: "test"))
                try await IssuerFixture.running(pool) {
                    #expect(await !Self.isAccepted(pool, mint, server.url))
                    #expect(Self.bearers(server) == ["Bearer first", nil])
                    #expect(server.count(of: IssuerFixture.keysPath) == 0)
                    #expect(await !Self.isAccepted(pool, mint, server.url + "/tenant"))
                    #expect(server.count(of: "/tenant" + IssuerFixture.metadataPath) == 1)
                    #expect(Self.bearers(server).last == .some(nil))
                }
            }
        }
    }

    @Test func `TOK-23 without trust file the issuer fails, without token it is asked without one`() async throws {
        try await ScriptedServer.with { server in
            try await Self.withFiles { settings, folder in
                let mint = try TokenMint()
                server.publish(keys: [mint.webKey()])
                for (missing, isAccepted) in [("token", true), ("ca.crt", false)] {
                    try FileManager.default.removeItem(at: folder.appending(path: missing))
                    let pool = IssuerPool(
                        issuers: [try Self.issuer(server.url), try Self.issuer(Self.cluster)], settings: settings,
                        logger: Logger(label: "test"))
                    try await IssuerFixture.running(pool) {
                        #expect(await Self.isAccepted(pool, mint, server.url) == isAccepted)
                    }
                }
                #expect(Self.bearers(server).count == 2 && Self.bearers(server).allSatisfy { $0 == nil })
            }
        }
    }
}
