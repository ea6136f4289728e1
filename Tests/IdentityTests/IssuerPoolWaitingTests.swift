import Identity
import Logging
import StrictJSON
import Testing

@Suite(.timeLimit(.minutes(2))) struct IssuerPoolWaitingTests {
    private static let keys = IssuerFixture.keysPath

    @Test func `R-32 one fetch is shared by all who wait`() async throws {
        try await IssuerFixture.with(prepare: { $0.hold(Self.keys) }) { fixture in
            let token = try fixture.token()
            let accepted = try await withThrowingTaskGroup(of: Principal.self) { group in
                for _ in 0..<60 { group.addTask { try await fixture.authenticate(token) } }
                await fixture.server.wait(for: Self.keys, count: 1)
                fixture.server.release()
                return try await group.reduce(0) { count, _ in count + 1 }
            }
            #expect(accepted == 60)
            #expect(fixture.server.count(of: Self.keys) == 1)
        }
    }

    @Test func `R-30 more waiters than the limit are refused and the others served`() async throws {
        var settings = IssuerPoolSettings.patient
        settings.waiterLimit = 1
        try await IssuerFixture.with(settings: settings, prepare: { $0.hold(Self.keys) }) { fixture in
            let token = try fixture.token()
            await withTaskGroup(of: TokenRefusal?.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        do throws(TokenRefusal) {
                            _ = try await fixture.authenticate(token)
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
                // The keys are held back, so whoever ends first was not let in.
                #expect(await group.next() == .some(.tooManyWaiters(limit: 1)))
                fixture.server.release()
                #expect(await group.next() == .some(nil))
            }
        }
    }

    @Test func `R-30 a waiter that leaves does not take the fetch with it`() async throws {
        try await IssuerFixture.with(prepare: { $0.hold(Self.keys) }) { fixture in
            let token = try fixture.token()
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: TokenRefusal.cancelled) { try await fixture.authenticate(token) }
                }
                await fixture.server.wait(for: Self.keys, count: 1)
                group.cancelAll()
            }
            async let principal = fixture.authenticate(token)
            fixture.server.release()
            #expect(try await principal.issuer == fixture.server.url)
            #expect(fixture.server.count(of: Self.keys) == 1)
        }
    }

    @Test func `R-30 an issuer that hangs holds up no other`() async throws {
        try await ScriptedServer.with { hanging in
            try await ScriptedServer.with { healthy in
                let mint = try TokenMint()
                for server in [hanging, healthy] { server.publish(keys: [mint.webKey()]) }
                hanging.hold(IssuerFixture.metadataPath)
                let issuers = try [hanging.url, healthy.url].map {
                    try OIDCIssuer(url: $0, clientID: "sigstore", type: "email")
                }
                let pool = IssuerPool(issuers: issuers, settings: .patient, logger: Logger(label: "test"))
                try await IssuerFixture.running(pool) {
                    let stuck = try mint.token(Claims.email(issuer: hanging.url))
                    let fine = try mint.token(Claims.email(issuer: healthy.url))
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<50 {
                            group.addTask { _ = try await pool.authenticate(stuck, now: Claims.now) }
                        }
                        for _ in 0..<20 { _ = try await pool.authenticate(fine, now: Claims.now) }
                        hanging.release()
                        try await group.waitForAll()
                    }
                }
            }
        }
    }

    @Test func `shutdown refuses those who wait and keeps what is known`() async throws {
        let mint = try TokenMint()
        try await ScriptedServer.with { server in
            server.publish(keys: [mint.webKey()])
            let issuer = try OIDCIssuer(url: server.url, clientID: "sigstore", type: "email")
            let pool = IssuerPool(issuers: [issuer], settings: .eager, logger: Logger(label: "test"))
            let known = try mint.token(Claims.email(issuer: server.url))
            let unknown = try mint.token(Claims.email(issuer: server.url), header: [("kid", "key-2")])
            try await IssuerFixture.running(pool) {
                _ = try await pool.authenticate(known, now: Claims.now)
                server.hold(Self.keys)
                await withTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await #expect(throws: TokenRefusal.noMatchingKey) {
                            try await pool.authenticate(unknown, now: Claims.now)
                        }
                    }
                    await server.wait(for: Self.keys, count: 2)
                    pool.shutdown()
                }
            }
            _ = try await pool.authenticate(known, now: Claims.now)
            await #expect(throws: TokenRefusal.noMatchingKey) {
                try await pool.authenticate(unknown, now: Claims.now)
            }
        }
    }

    @Test func `the configuration is sorted by URL, and of two issuers with one URL the first counts`() throws {
        let issuer = { (url: String, type: String) in try OIDCIssuer(url: url, clientID: "c", type: type) }
        let pool = IssuerPool(
            issuers: [
                try issuer("https://b.example.com", "email"), try issuer("https://a.example.com", "email"),
                try issuer("https://b.example.com", "github-workflow"), try issuer("https://B.example.com", "email"),
            ],
            logger: Logger(label: "test"))
        #expect(
            pool.configuration.map(\.name) == [
                "https://B.example.com", "https://a.example.com", "https://b.example.com",
            ])
        #expect(pool.configuration.last?.settings.kind.name == "email")
    }
}
