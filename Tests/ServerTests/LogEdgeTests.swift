import CertificateTransparency
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Testing
import TransparencyLog

@testable import Server

@Suite struct LogEdgeTests {
    private static var request: EndpointRequest {
        EndpointRequest(
            path: "/x", query: "", authorization: nil,
            origin: RequestOrigin(requestID: "1", address: nil, transport: .http),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            body: BodyReader(
                Request(
                    head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/"),
                    body: RequestBody(buffer: ByteBuffer())), bodies: ConcurrencyLimit(1),
                largeBodies: ConcurrencyLimit(1)))
    }

    @Test(
        "TL-41 R-26: a full or resting log is 503 with Retry-After, a closed one 410, a foreign one 403",
        arguments: [
            (LogFailure.notSequenced(.queueFull(retryAfter: 7)), 503, "7"),
            (LogFailure.notSequenced(.temporarilyUnavailable(retryAfter: 3)), 503, "3"),
            (LogFailure.notSequenced(.frozen), 503, "30"), (LogFailure.notSequenced(.closed), 410, nil),
            (LogFailure.notSequenced(.stopped), 503, "30"), (LogFailure.notSequenced(.notEncodable), 400, nil),
            (LogFailure.notSigned(CancellationError()), 500, nil), (LogRefusal.windowIsOver, 410, nil),
            (LogRefusal.onlyOwnAuthority, 403, nil), (LogRefusal.chainIsEmpty, 400, nil), (MissingHash(), 500, nil),
            (LogReader.Refusal.tileBeyondHead, 404, nil), (LogReader.Refusal.firstAfterSecond, 400, nil),
        ] as [(any Error, Int, String?)])
    func statuses(error: any Error, status: Int, retryAfter: String?) {
        let answer = LogFailures.answer(error, Self.request)
        #expect(answer.status.code == status)
        #expect(answer.headers[.retryAfter] == retryAfter)
        #expect(answer.headers[.cacheControl] == "no-store")
    }

    @Test(
        "TL-18: gzip unless the client names identity alone",
        arguments: [
            (nil, false), ("", false), ("gzip", false), ("identity", true), ("identity, gzip", false), ("br", false),
            ("gzip;q=0", true), ("identity;q=0", false), ("*;q=0", true), ("deflate;q=1, *;q=0", true),
            ("gzip;q=0.001, identity", false), (" GZIP ; q=1 ", false), ("gzip;q=x", true),
        ] as [(String?, Bool)])
    func identity(field: String?, isDemanded: Bool) {
        #expect(ContentCoding.demandsIdentity(field) == isDemanded)
    }

    @Test(
        "TL-18: long JSON is compressed for those who ask",
        arguments: [(2000, "gzip", true), (1024, "gzip", false), (2000, nil, false), (2000, "identity", false)]
            as [(Int, String?, Bool)])
    func negotiation(count: Int, field: String?, isCompressed: Bool) {
        let plain = Answer(type: "application/json", body: [UInt8](repeating: 0x20, count: count))
        let answer = ContentCoding.negotiated(plain, accepted: field)
        #expect((answer.headers[.contentEncoding] == "gzip") == isCompressed)
        #expect((answer.body.count < count) == isCompressed)
        #expect(answer.headers[.vary] == "Accept-Encoding")
    }

    @Test func `TL-41 a source has its burst, then its rate, and others have theirs`() {
        let rates = SourceRates(perSecond: 20, burst: 100)
        let start = ContinuousClock.now
        for _ in 0..<100 { #expect(rates.take(for: "192.0.2.1", at: start) == nil) }
        #expect(rates.take(for: "192.0.2.1", at: start) == 1)
        #expect(rates.take(for: "192.0.2.2", at: start) == nil)
        let later = start + .milliseconds(500)
        for _ in 0..<10 { #expect(rates.take(for: "192.0.2.1", at: later) == nil) }
        #expect(rates.take(for: "192.0.2.1", at: later) == 1)
        // The clock does not run backwards for a bucket.
        #expect(rates.take(for: "192.0.2.1", at: start) == 1)
    }

    @Test func `a network of 64 bits is one source, and too many sources are not all remembered`() {
        let rates = SourceRates(perSecond: 1, burst: 2, maximumCount: 3)
        let start = ContinuousClock.now
        #expect(rates.take(for: "2001:db8::1", at: start) == nil)
        #expect(rates.take(for: "2001:db8::2", at: start) == nil)
        #expect(rates.take(for: "2001:db8::3", at: start) == 1)
        #expect(rates.take(for: "2001:db8:0:1::3", at: start) == nil)
        #expect(rates.take(for: nil, at: start) == nil)
        #expect(rates.take(for: "192.0.2.9", at: start) == 1)
        #expect(rates.take(for: "192.0.2.9", at: start + .seconds(60)) == nil)
    }

    @Test func `an exact path counts before a prefix, and a longer prefix before a shorter one`() async {
        let endpoints = Dictionary(
            uniqueKeysWithValues: ["/a", "/a/", "/a/b/", "/a/b/c"].map { path in
                (path, Endpoint(.get) { _ in Answer(type: path, body: []) })
            })
        for (path, expected) in [
            ("/a", "/a"), ("/a/", "/a/"), ("/a/x", "/a/"), ("/a/b", "/a/"), ("/a/b/", "/a/b/"), ("/a/b/c", "/a/b/c"),
            ("/a/b/c/d/e/f/g", "/a/b/"), ("/b", nil), ("/", nil), ("", nil),
        ] {
            let found = await endpoints.endpoint(at: path)?.answer(Self.request).headers[.contentType]
            #expect(found == expected, "\(path)")
        }
    }

    @Test func `full tiles are kept and partial ones are not, within the bound`() async throws {
        let cache = DataTileCache(maximumByteCount: 100)
        var made = 0
        func read(_ index: UInt64, width: Int = 256, byteCount: Int = 40) async throws {
            let tile = try #require(Tile(.data, index: index, width: width))
            _ = try await cache.answer(for: tile) {
                made += 1
                return Answer(type: "a", body: [UInt8](repeating: 0, count: byteCount))
            }
        }
        for _ in 0..<2 { try await read(0) }
        #expect(made == 1)
        for _ in 0..<2 { try await read(1, width: 255) }
        #expect(made == 3)
        try await read(1)
        try await read(2)
        #expect(made == 5)
        try await read(0)
        #expect(made == 6, "the oldest has made room")
        for _ in 0..<2 { try await read(9, byteCount: 101) }
        #expect(made == 8)
    }
}
