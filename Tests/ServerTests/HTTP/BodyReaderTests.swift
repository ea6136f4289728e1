import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Testing

@testable import Server

@Suite(.timeLimit(.minutes(1))) struct BodyReaderTests {
    private let bodies = ConcurrencyLimit(1)

    private func reader(_ body: RequestBody) -> BodyReader {
        BodyReader(
            Request(head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/"), body: body),
            bodies: bodies, largeBodies: ConcurrencyLimit(1))
    }

    private func count(_ byteCount: Int, freeByteCount: Int = 0) async throws(APIStatus) -> Int {
        try await reader(RequestBody(buffer: ByteBuffer(repeating: 0x20, count: byteCount))).decoded(
            freeByteCount: freeByteCount, checking: { _ in }, decode: \.count)
    }

    @Test("R-26: a body that is being read keeps its place until it is decoded, and others get 503 meanwhile")
    func places() async throws {
        let (body, source) = RequestBody.makeStream()
        let first = reader(body)
        async let count = first.decoded(maximumByteCount: 10) { bytes throws(APIStatus) in
            #expect(bodies.used == 1)
            return bytes.count
        }
        await source.yield(ByteBuffer(repeating: 0x20, count: 1))
        while bodies.used == 0 { await Task.yield() }
        await #expect(throws: APIStatus.overloaded) { try await self.count(1) }
        #expect(try await self.count(0) == 0)
        await source.yield(ByteBuffer(repeating: 0x20, count: 2))
        source.finish()
        #expect(try await count == 3)
        #expect(bodies.used == 0)
        #expect(try await self.count(1) == 1)
    }

    @Test("R-26: what is small and free is read under any load, and no octet beyond it")
    func free() async throws {
        #expect(!bodies.isFull)
        let permit = try #require(bodies.enter())
        #expect(bodies.isFull)
        #expect(try await count(8, freeByteCount: 8) == 8)
        await #expect(throws: APIStatus.overloaded) { try await count(9, freeByteCount: 8) }
        permit.leave()
        #expect(try await count(9, freeByteCount: 8) == 9)
    }

    @Test("R-26: a body that fails gives its place back")
    func failures() async throws {
        await #expect(throws: APIStatus.bodyTooLarge) {
            try await reader(RequestBody(buffer: ByteBuffer(repeating: 0, count: 11))).decoded(maximumByteCount: 10) {
                $0.count
            }
        }
        let (body, source) = RequestBody.makeStream()
        await source.yield(ByteBuffer(repeating: 0, count: 1))
        source.finish(APIStatus.internalError)
        await #expect(throws: APIStatus.bodyNotReadable) {
            try await reader(body).decoded(maximumByteCount: 10) { $0.count }
        }
        #expect(bodies.used == 0)
    }

    @Test("R-26: what is left after an answer decides whether the next request can be found")
    func rests() async throws {
        func reader(_ fields: HTTPFields, _ body: RequestBody = RequestBody(buffer: ByteBuffer())) -> BodyReader {
            BodyReader(
                Request(
                    head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/", headerFields: fields),
                    body: body),
                bodies: bodies, largeBodies: ConcurrencyLimit(1))
        }
        #expect(reader([:]).rest == .none && reader([.contentLength: "0"]).rest == .none)
        #expect(reader([.contentLength: "65536"]).rest == .short && reader([.contentLength: "65537"]).rest == .long)
        #expect(reader([.contentLength: "1e3"]).rest == .long && reader([.transferEncoding: "chunked"]).rest == .long)
        #expect(reader([.contentLength: "1", .expect: "100-continue"]).rest == .long)
        let whole = reader([.contentLength: "2"], RequestBody(buffer: ByteBuffer(string: "{}")))
        #expect(try await whole.decoded(maximumByteCount: 2) { $0.count } == 2)
        #expect(whole.rest == .none)
        let permit = try #require(bodies.enter())
        let refused = reader([.contentLength: "2"], RequestBody(buffer: ByteBuffer(string: "{}")))
        await #expect(throws: APIStatus.overloaded) { try await refused.decoded(maximumByteCount: 2) { $0.count } }
        #expect(refused.rest == .short)
        permit.leave()
        let (body, source) = RequestBody.makeStream()
        source.finish(APIStatus.internalError)
        let broken = reader([.contentLength: "2"], body)
        await #expect(throws: APIStatus.bodyNotReadable) { try await broken.decoded(maximumByteCount: 2) { $0.count } }
        #expect(broken.rest == .lost)
    }
}
