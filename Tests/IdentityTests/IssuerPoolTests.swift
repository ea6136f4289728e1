import Identity
import Logging
import OpenSSL
import StrictJSON
import Testing

@Suite(.timeLimit(.minutes(2))) struct IssuerPoolTests {
    private static let keys = IssuerFixture.keysPath
    private static let metadata = IssuerFixture.metadataPath

    @Test("a token of each algorithm is accepted", arguments: JWSAlgorithm.allCases)
    func algorithms(algorithm: JWSAlgorithm) async throws {
        let all = JWSAlgorithm.allCases.map { JSONValue.string($0.rawValue) }
        try await IssuerFixture.with(mint: TokenMint(algorithm), algorithms: all) { fixture in
            let principal = try await fixture.authenticate(fixture.token())
            #expect(principal.subjectAlternativeName == .email("jane@example.com"))
            #expect(principal.issuer == fixture.server.url)
        }
    }

    @Test func `TOK-12 R-10 a changed token is refused and the next good one accepted`() async throws {
        try await IssuerFixture.with { fixture in
            let token = String(decoding: try fixture.token(), as: UTF8.self).split(separator: ".")
            let other = try fixture.mint.token(
                Claims.email(issuer: fixture.server.url).changing([("email", "eve@example.com")]))
            let swapped = String(decoding: other, as: UTF8.self).split(separator: ".")
            let header = Base64.encodeURL(Array(#"{"alg":"ES256","kid":"key-1","typ":"JWT"}"#.utf8))
            for parts in [
                [token[0], swapped[1], token[2]], [token[0], token[1], swapped[2]], [header[...], token[1], token[2]],
                [token[0], token[1], ""],
            ] {
                await #expect(throws: TokenRefusal.signatureInvalid) {
                    try await fixture.authenticate(Array(parts.joined(separator: ".").utf8))
                }
            }
            _ = try await fixture.authenticate(fixture.token())
        }
    }

    @Test(
        "TOK-05 only advertised algorithms count, and RS256 when none of ours is",
        arguments: [
            (["RS256"], .es256, false), (["ES256", "RS256"], .es256, true), (["none", "HS256"], .es256, false),
            (["none", "HS256"], .rs256, true), (nil, .rs256, true), (nil, .es256, false), ([7, "es256"], .rs256, true),
        ] as [([JSONValue]?, JWSAlgorithm, Bool)])
    func advertised(names: [JSONValue]?, algorithm: JWSAlgorithm, isAccepted: Bool) async throws {
        try await IssuerFixture.with(mint: TokenMint(algorithm), algorithms: names) { fixture in
            if isAccepted {
                _ = try await fixture.authenticate(fixture.token())
            } else {
                await #expect(throws: TokenRefusal.algorithmNotAllowed) {
                    try await fixture.authenticate(fixture.token())
                }
            }
        }
    }

    @Test(
        "TOK-02 SEC-01 R-25 what is refused without the issuer's keys makes no request",
        arguments: [
            ([("iss", "https://other.example.com")], "issuer-unknown"), ([("iss", nil)], "issuer-unknown"),
            ([("aud", "other")], "audience-missing"), ([("exp", .integer(Claims.nowSeconds - 1))], "expired"),
            ([("nbf", .integer(Claims.nowSeconds + 360))], "not-yet-valid"),
        ] as [([(String, JSONValue?)], String)])
    func withoutKeys(changes: [(String, JSONValue?)], code: String) async throws {
        try await IssuerFixture.with { fixture in
            _ = try await fixture.authenticate(fixture.token())
            let before = fixture.server.requests.count
            for _ in 0..<100 {
                let refusal = await #expect(throws: TokenRefusal.self) {
                    try await fixture.authenticate(fixture.token(changes))
                }
                #expect(refusal?.code == code)
            }
            #expect(fixture.server.requests.count == before)
        }
    }

    @Test func `SEC-01 R-35 an issuer that is not configured is never asked, however its URL is spelt`() async throws {
        try await ScriptedServer.with { stranger in
            try await IssuerFixture.with { fixture in
                let own = fixture.server.url
                for issuer in [
                    stranger.url, stranger.url + "/", own + "/", own + "@" + stranger.url, stranger.url + "/?" + own,
                    own + "\n", own.replacing("127.0.0.1", with: "localhost"), own.uppercased(), " " + own,
                ] {
                    await #expect(throws: TokenRefusal.issuerUnknown) {
                        try await fixture.authenticate(fixture.token([("iss", .string(issuer))]))
                    }
                }
            }
            #expect(stranger.requests.isEmpty)
        }
    }

    @Test(
        "TOK-06 a discovery document that is not of this issuer is refused",
        arguments: [
            ("issuer", "SELF/"), ("issuer", nil), ("issuer", 7), ("issuer", "https://other.example.com"),
            ("jwks_uri", nil), ("jwks_uri", 7), ("jwks_uri", "/keys"), ("jwks_uri", "ftp://127.0.0.1/keys"),
            ("jwks_uri", "http://example.com/keys"), ("jwks_uri", "SELF/keys#f"),
            ("jwks_uri", "http://u@127.0.0.1/keys"),
        ] as [(String, JSONValue?)])
    func discovery(member: String, value: JSONValue?) async throws {
        let prepare: @Sendable (ScriptedServer) -> Void = { server in
            let own = value?.string.map { JSONValue.string($0.replacing("SELF", with: server.url)) } ?? value
            server.publish(metadata: [(member, own)])
        }
        try await IssuerFixture.with(prepare: prepare) { fixture in
            await #expect(throws: TokenRefusal.keysUnavailable) { try await fixture.authenticate(fixture.token()) }
            #expect(fixture.server.count(of: Self.keys) == 0)
        }
    }

    @Test func `TOK-07 redirects on the same server are followed`() async throws {
        let prepare: @Sendable (ScriptedServer) -> Void = { server in
            server.publish(metadata: [("jwks_uri", .string(server.url + "/moved/keys"))])
            server.reply(to: "/moved/keys", .redirect(302, to: "next"))
            server.reply(to: "/moved/next", .redirect(308, to: server.url + Self.keys))
        }
        try await IssuerFixture.with(algorithms: nil, prepare: prepare) { fixture in
            // The document above names no algorithm, so the key is for RS256 only; reaching it is the point.
            await #expect(throws: TokenRefusal.algorithmNotAllowed) {
                try await fixture.authenticate(fixture.token())
            }
            #expect(fixture.server.count(of: Self.keys) == 1)
        }
    }

    @Test("TOK-07 R-34 redirects elsewhere are refused", arguments: ["HOST", "PORT", "https", "relative junk", "loop"])
    func redirects(kind: String) async throws {
        try await ScriptedServer.with { stranger in
            let prepare: @Sendable (ScriptedServer) -> Void = { server in
                let target =
                    switch kind {
                    case "HOST": "http://localhost:\(server.port)\(Self.keys)"
                    case "PORT": "\(stranger.url)\(Self.keys)"
                    case "https": "https://127.0.0.1:\(server.port)\(Self.keys)"
                    case "loop": "/moved"
                    default: "a b"
                    }
                server.publish(metadata: [("jwks_uri", .string(server.url + "/moved"))])
                server.reply(to: "/moved", .redirect(302, to: target))
            }
            // The first failure keeps every later fetch away, so that the counts are those of one.
            var settings = IssuerPoolSettings.patient
            settings.breakerThreshold = 1
            try await IssuerFixture.with(settings: settings, prepare: prepare) { fixture in
                await #expect(throws: TokenRefusal.keysUnavailable) { try await fixture.authenticate(fixture.token()) }
                #expect(fixture.server.count(of: Self.keys) == 0)
                #expect(fixture.server.count(of: "/moved") == (kind == "loop" ? 11 : 1))
            }
            #expect(stranger.requests.isEmpty)
        }
    }

    @Test func `TOK-08 R-32 a new key is fetched once, and unknown ones no more than the interval permits`()
        async throws
    {
        try await IssuerFixture.with { fixture in
            _ = try await fixture.authenticate(fixture.token())
            let next = try TokenMint(.es256, keyID: "key-2")
            fixture.server.publish(keys: [next.webKey()])
            let token = try next.token(Claims.email(issuer: fixture.server.url))
            _ = try await fixture.authenticate(token)
            #expect(fixture.server.count(of: Self.keys) == 2)
            for number in 0..<50 {
                let junk = try next.token(
                    Claims.email(issuer: fixture.server.url), header: [("kid", .string("junk-\(number)"))])
                await #expect(throws: TokenRefusal.noMatchingKey) { try await fixture.authenticate(junk) }
            }
            // The old key went with the fetch that brought the new one.
            await #expect(throws: TokenRefusal.noMatchingKey) { try await fixture.authenticate(fixture.token()) }
            #expect(fixture.server.count(of: Self.keys) == 2)
            _ = try await fixture.authenticate(token)
        }
    }

    @Test func `TOK-09 R-30 an issuer that is down at the start works as soon as it is up`() async throws {
        try await IssuerFixture.with(prepare: { $0.reply(to: Self.metadata, .hangUp) }) { fixture in
            await #expect(throws: TokenRefusal.keysUnavailable) { try await fixture.authenticate(fixture.token()) }
            fixture.server.publish(keys: [fixture.mint.webKey()])
            _ = try await fixture.authenticate(fixture.token())
        }
    }

    @Test func `R-30 an issuer that fails is left alone for a while`() async throws {
        try await IssuerFixture.with(prepare: { $0.reply(to: Self.metadata, .answer(500, [], [])) }) { fixture in
            for _ in 0..<20 {
                await #expect(throws: TokenRefusal.keysUnavailable) { try await fixture.authenticate(fixture.token()) }
            }
            #expect(fixture.server.count(of: Self.metadata) == 5)
        }
    }

    @Test func `R-31 a key of one issuer never verifies a token of another`() async throws {
        try await ScriptedServer.with { first in
            try await ScriptedServer.with { second in
                let (mintA, mintB) = (try TokenMint(), try TokenMint())
                first.publish(keys: [mintA.webKey()])
                second.publish(keys: [mintB.webKey()])
                let issuers = try [first.url, second.url].map {
                    try OIDCIssuer(url: $0, clientID: "sigstore", type: "email")
                }
                let pool = IssuerPool(issuers: issuers, settings: .patient, logger: Logger(label: "test"))
                try await IssuerFixture.running(pool) {
                    for (mint, own, other) in [(mintA, first.url, second.url), (mintB, second.url, first.url)] {
                        _ = try await pool.authenticate(mint.token(Claims.email(issuer: own)), now: Claims.now)
                        await #expect(throws: TokenRefusal.signatureInvalid) {
                            try await pool.authenticate(mint.token(Claims.email(issuer: other)), now: Claims.now)
                        }
                    }
                }
            }
        }
    }

    @Test(
        "R-32 a bad answer keeps the keys that are there",
        arguments: [
            .json(["keys": []]), .json(["keys": [["kty": "oct", "k": "AA"]]]), .json([:]), .answer(304, [], []),
            .answer(500, [], []), .answer(200, [("Content-Type", "text/html")], Array("<html></html>".utf8)),
            .answer(200, [], Array(#"{"keys":[{"kty":"EC""#.utf8)), .hangUp,
            .json(["keys": .array(.init(repeating: ["kty": "X"], count: 10_000))]),
        ] as [ScriptedServer.Reply])
    func badRefetch(reply: ScriptedServer.Reply) async throws {
        try await IssuerFixture.with(settings: .eager) { fixture in
            _ = try await fixture.authenticate(fixture.token())
            fixture.server.reply(to: Self.keys, reply)
            let stranger = try TokenMint(.es256, keyID: "key-2").token(Claims.email(issuer: fixture.server.url))
            await #expect(throws: TokenRefusal.noMatchingKey) { try await fixture.authenticate(stranger) }
            #expect(fixture.server.count(of: Self.keys) == 2)
            _ = try await fixture.authenticate(fixture.token())
        }
    }

    @Test func `R-32 keys beyond the age limit verify nothing`() async throws {
        var settings = IssuerPoolSettings.patient
        settings.keyAgeLimit = .zero
        try await IssuerFixture.with(settings: settings) { fixture in
            await #expect(throws: TokenRefusal.keysUnavailable) { try await fixture.authenticate(fixture.token()) }
        }
    }

    @Test func `R-33 a key that was removed stops verifying by time alone`() async throws {
        var settings = IssuerPoolSettings.patient
        settings.refreshInterval = .milliseconds(20)
        try await IssuerFixture.with(settings: settings) { fixture in
            _ = try await fixture.authenticate(fixture.token())
            fixture.server.publish(keys: [try TokenMint(.es256, keyID: "key-2").webKey()])
            // One fetch ends before the next begins: after the second, the first one's keys are in use.
            await fixture.server.wait(for: Self.keys, count: fixture.server.count(of: Self.keys) + 2)
            await #expect(throws: TokenRefusal.noMatchingKey) { try await fixture.authenticate(fixture.token()) }
        }
    }

    @Test(
        "SEC-02 R-34 an evil key server costs little, and the next good answer counts",
        arguments: [
            .endless, .stalled, .announced(1 << 30), .announced(1 << 20), .wideHeader(1 << 20),
            .answer(200, [("Content-Encoding", "gzip")], [0x1F, 0x8B, 8, 0]),
            .answer(200, [("Content-Encoding", "identity")], Array("{}".utf8)),
            .answer(200, [], [UInt8](repeating: 0x20, count: (1 << 20) + 1)),
            .answer(200, [], [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)), .answer(204, [], []), .hangUp,
            .answer(302, [], []),
        ] as [ScriptedServer.Reply])
    func evilServer(reply: ScriptedServer.Reply) async throws {
        var settings = IssuerPoolSettings.patient
        settings.fetchLimit = .seconds(1)
        settings.breakerThreshold = 1000
        try await IssuerFixture.with(settings: settings, prepare: { $0.reply(to: Self.keys, reply) }) { fixture in
            await #expect(throws: TokenRefusal.keysUnavailable) { try await fixture.authenticate(fixture.token()) }
            fixture.server.publish(keys: [fixture.mint.webKey()])
            var isAccepted = false
            // On a busy machine even an honest answer may miss the short limit of this test.
            for _ in 0..<20 where !isAccepted {
                isAccepted = (try? await fixture.authenticate(fixture.token())) != nil
            }
            #expect(isAccepted)
        }
    }

    @Test func `SEC-02 R-34 an endless body is left after a mebibyte`() async throws {
        try await IssuerFixture.with(prepare: { $0.reply(to: Self.keys, .endless) }) { fixture in
            await #expect(throws: TokenRefusal.keysUnavailable) { try await fixture.authenticate(fixture.token()) }
            // What the kernel holds between us comes on top of what was read.
            #expect(fixture.server.endlessByteCount < 64 << 20)
        }
    }

    @Test(
        "R-34 good keys in a bad envelope are refused",
        arguments: [
            (200, [], true), (200, [("Content-Encoding", "gzip")], false),
            (200, [("Content-Encoding", "identity")], false),
            (201, [], false), (203, [], false), (206, [], false), (404, [], false), (500, [], false),
            (200, [("Content-Type", "text/html")], true),
        ] as [(UInt, [(String, String)], Bool)])
    func envelope(status: UInt, headers: [(String, String)], isAccepted: Bool) async throws {
        let mint = try TokenMint()
        let reply = ScriptedServer.Reply.answer(status, headers, JSONText(["keys": [mint.webKey()]]).bytes)
        try await IssuerFixture.with(mint: mint, prepare: { $0.reply(to: Self.keys, reply) }) { fixture in
            if isAccepted {
                _ = try await fixture.authenticate(fixture.token())
            } else {
                await #expect(throws: TokenRefusal.keysUnavailable) {
                    try await fixture.authenticate(fixture.token())
                }
            }
        }
    }

    @Test func `R-34 no encoding is asked for and no credential sent`() async throws {
        try await IssuerFixture.with { fixture in
            _ = try await fixture.authenticate(fixture.token())
            #expect(fixture.server.requests.map(\.path) == [Self.metadata, Self.keys])
            for request in fixture.server.requests {
                let names = request.headers.map { $0.0.lowercased() }
                #expect(request.headers.contains { $0.0.lowercased() == "accept-encoding" && $0.1 == "identity" })
                #expect(!names.contains("authorization"))
                #expect(!names.contains("cookie"))
            }
        }
    }
}
