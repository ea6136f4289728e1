import Identity
import Logging
import OpenSSL
import StrictJSON

/// An issuer behind a scripted server, and a running pool that knows it.
struct IssuerFixture: Sendable {
    static let metadataPath = "/.well-known/openid-configuration"
    static let keysPath = "/keys"

    let server: ScriptedServer
    let pool: IssuerPool
    let mint: TokenMint

    /// Runs a body with one `email` issuer whose documents are in order.
    static func with(
        settings: IssuerPoolSettings = .patient, mint: TokenMint? = nil, algorithms: [JSONValue]? = ["ES256"],
        prepare: @Sendable (ScriptedServer) -> Void = { _ in },
        _ body: @Sendable (IssuerFixture) async throws -> Void
    ) async throws {
        let mint = try mint ?? TokenMint()
        try await ScriptedServer.with { server in
            server.publish(keys: [mint.webKey()], algorithms: algorithms)
            prepare(server)
            let issuer = try OIDCIssuer(url: server.url, clientID: "sigstore", type: "email")
            let pool = IssuerPool(issuers: [issuer], settings: settings, logger: Logger(label: "test"))
            try await running(pool) { try await body(IssuerFixture(server: server, pool: pool, mint: mint)) }
        }
    }

    /// Runs a body while a pool runs.
    static func running(_ pool: IssuerPool, _ body: () async throws -> Void) async throws {
        async let run: Void = pool.run()
        do {
            try await body()
        } catch {
            pool.shutdown()
            await run
            throw error
        }
        pool.shutdown()
        await run
    }

    /// A good token of the issuer.
    func token(_ changes: [(String, JSONValue?)] = []) throws -> [UInt8] {
        try mint.token(Claims.email(issuer: server.url).changing(changes))
    }

    func authenticate(_ token: [UInt8]) async throws(TokenRefusal) -> Principal {
        try await pool.authenticate(token, now: Claims.now)
    }
}

extension IssuerPool {
    /// The principal of a token, for tests that do not ask what else became known.
    func authenticate(_ token: [UInt8], now: Timestamp) async throws(TokenRefusal) -> Principal {
        var evidence = TokenEvidence()
        return try await authenticate(token, now: now, evidence: &evidence)
    }
}

extension ScriptedServer {
    /// Publishes a discovery document of this server and a key set.
    func publish(keys: [JSONValue], algorithms: [JSONValue]? = ["ES256"]) {
        publish(metadata: algorithms.map { [("id_token_signing_alg_values_supported", .array($0))] } ?? [])
        reply(to: IssuerFixture.keysPath, .json(["keys": .array(keys)]))
    }

    /// Publishes a discovery document with some members changed.
    func publish(metadata changes: [(String, JSONValue?)]) {
        let metadata: JSONValue = ["issuer": .string(url), "jwks_uri": .string(url + IssuerFixture.keysPath)]
        reply(to: IssuerFixture.metadataPath, .json(metadata.changing(changes)))
    }
}

extension IssuerPoolSettings {
    /// Nothing happens by time: only the first fetch and what tokens cause.
    static var patient: IssuerPoolSettings {
        var settings = IssuerPoolSettings()
        settings.refreshInterval = .seconds(3600)
        settings.shortestPause = .seconds(3600)
        settings.longestPause = .seconds(3600)
        return settings
    }

    /// As patient, and every token may cause a fetch.
    static var eager: IssuerPoolSettings {
        var settings = patient
        settings.refetchInterval = .zero
        return settings
    }
}
