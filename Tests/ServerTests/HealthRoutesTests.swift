import CertificateTransparency
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Issuance
import Logging
import NIOCore
import OpenSSL
import Testing

@testable import Server

@Suite struct HealthRoutesTests {
    /// A CA in a directory of its own, with a log that is open and does not sequence.
    private static func routes(
        in base: TemporaryDirectory, created start: Timestamp, now: Timestamp
    ) async throws -> HealthRoutes {
        let directory = DataDirectory("\(base.path)/d")
        let passphrase = try Passphrase([1, 2, 3])
        let created = try await NewAuthority(
            organization: "Example", publicURL: "https://ca.example.org", shard: "a", certificates: .new(.p256),
            now: start
        ).create(at: directory, passphrase: passphrase)
        let key = try KeyFiles.key(directory.logKey("a"), passphrase)
        let log = try await LocalLog.open(
            at: directory.logStore("a"),
            parameters: try created.settings.logParameters(key: key.publicKey.subjectPublicKeyInfo), key: key,
            requiring: [created.root], clock: { start },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let issuing = try KeyFiles.issuingCertificate(
            chain: directory.chain, key: directory.issuingKey, passphrase, now: start)
        return HealthRoutes(
            readiness: Readiness(
                stops: [],
                obstacles: [Readiness.chainCheck({ issuing }, now: { now })], warnings: [],
                log: Readiness.checks(of: log, now: { now })))
    }

    private static func status(_ path: String, _ routes: HealthRoutes) async throws -> HTTPResponse.Status {
        let endpoint = try #require(routes.endpoints[path])
        return await endpoint.answer(request).status
    }

    private static var request: EndpointRequest {
        EndpointRequest(
            path: "", query: "", authorization: nil,
            origin: RequestOrigin(requestID: "1", address: nil, transport: .http),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            body: BodyReader(
                Request(
                    head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/"),
                    body: RequestBody(buffer: ByteBuffer())), bodies: ConcurrencyLimit(1),
                largeBodies: ConcurrencyLimit(1)))
    }

    @Test(
        "R-42 TL-84: ready while the head is fresh and the chain outlives a certificate; alive in any case",
        arguments: [(0, true), (50_000, true), (61_000, false), (4 * 365 * 86_400_000, false)] as [(UInt64, Bool)])
    func readiness(milliseconds: UInt64, isReady: Bool) async throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let start = Timestamp(seconds: 1_800_000_000)
        let routes = try await Self.routes(in: base, created: start, now: start.adding(milliseconds: milliseconds))
        #expect(try await Self.status("/readyz", routes) == (isReady ? .ok : .serviceUnavailable))
        #expect(try await Self.status("/livez", routes) == .ok)
        // The log alone: a chain that ends is not its affair, but a head of that age is.
        #expect(try await Self.status("/health", routes) == (milliseconds <= 60_000 ? .ok : .serviceUnavailable))
    }

    @Test("R-42: what stops issuing is said, and so is what only deserves a look")
    func stopped() async throws {
        let readiness = Readiness(stops: [{ "stopped" }], obstacles: [{ nil }], warnings: [{ "look" }, { nil }])
        let endpoint = try #require(HealthRoutes(readiness: readiness).endpoints["/readyz"])
        let answer = await endpoint.answer(Self.request)
        #expect(answer.status == .serviceUnavailable)
        #expect(
            String(decoding: answer.body, as: UTF8.self)
                == #"{"status":"unavailable","reasons":["stopped"],"warnings":["look"]}"#)
        #expect(throws: IssuanceFailure.self) { try readiness.requireIssuing() }
        try Readiness(stops: [{ nil }], obstacles: [{ "the log" }], warnings: []).requireIssuing()
    }
}
