internal import HTTPTypes
internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP2
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP2
@testable import Server
import Testing

@Suite struct AnswerLimitTests {
    /// A client that takes the ends of answers when the test says so.
    private final class Reader: ChannelOutboundHandler {
        typealias OutboundIn = HTTPResponsePart
        typealias OutboundOut = HTTPResponsePart

        var waiting: [EventLoopPromise<Void>] = []

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if case .end = unwrapOutboundIn(data), let promise { waiting.append(promise) }
        }

        func takeOne() {
            waiting.removeFirst().succeed()
        }
    }

    /// A connection with a limit, on a clock that the test turns.
    private final class Connection {
        let channel = EmbeddedChannel()
        let reader = Reader()
        private(set) var refusals = 0

        init() throws {
            let limit = AnswerLimit { self.refusals += 1 }
            try channel.pipeline.syncOperations.addHandlers([reader, limit])
            try channel.connect(to: .init(ipAddress: "192.0.2.1", port: 443)).wait()
        }

        func answer(_ status: HTTPResponse.Status = .ok) {
            channel.write(HTTPResponsePart.head(HTTPResponse(status: status)), promise: nil)
            guard status.kind != .informational else { return }
            channel.write(HTTPResponsePart.body(ByteBuffer(repeating: 0, count: 100)), promise: nil)
            channel.writeAndFlush(HTTPResponsePart.end(nil), promise: nil)
        }

        func wait(_ seconds: Int64) {
            channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
        }

        var isOpen: Bool { channel.isActive }
    }

    @Test("R-27 an answer that is not taken within a minute ends the connection")
    func untaken() throws {
        let connection = try Connection()
        connection.wait(3600)
        connection.answer()
        connection.wait(59)
        #expect(connection.isOpen && connection.refusals == 0)
        connection.wait(1)
        #expect(!connection.isOpen && connection.refusals == 1)
        connection.wait(3600)
        #expect(connection.refusals == 1)
    }

    @Test("R-27 an answer that was taken has no limit, and the next one has its own")
    func taken() throws {
        let connection = try Connection()
        for _ in 0..<3 {
            connection.answer()
            connection.wait(59)
            connection.reader.takeOne()
            connection.wait(3600)
            #expect(connection.isOpen && connection.refusals == 0)
        }
        connection.answer()
        connection.wait(60)
        #expect(!connection.isOpen && connection.refusals == 1)
    }

    @Test("R-27 an answer behind another has its minute from the end of that one on, and no more")
    func behindAnother() throws {
        let connection = try Connection()
        connection.answer()
        connection.wait(30)
        connection.answer()
        connection.wait(29)
        connection.reader.takeOne()
        connection.wait(59)
        #expect(connection.isOpen && connection.refusals == 0)
        connection.wait(1)
        #expect(!connection.isOpen && connection.refusals == 1)
    }

    @Test("R-27 a connection that ends by itself is not counted, and a word in between begins no answer")
    func ended() throws {
        let left = try Connection()
        left.answer()
        try left.channel.close().wait()
        left.wait(3600)
        #expect(left.refusals == 0)
        let asked = try Connection()
        asked.answer(.continue)
        asked.wait(3600)
        #expect(asked.isOpen && asked.refusals == 0)
    }

    /// A server's side of HTTP/2 that answers each stream with 100 octets, and what it has sent.
    private final class Streams {
        let channel = EmbeddedChannel()
        private(set) var refusals = 0

        init() throws {
            let here = NIOLoopBound(self, eventLoop: channel.eventLoop)
            _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
                mode: .server, connectionConfiguration: .init(), streamConfiguration: .init()
            ) { stream in
                stream.eventLoop.makeCompletedFuture {
                    try stream.pipeline.syncOperations.addHandlers([
                        HTTP2AnswerHandler(), HTTP2FramePayloadToHTTPServerCodec(),
                        AnswerLimit { here.value.refusals += 1 }, Answering(),
                    ])
                }
            }
            try channel.connect(to: .init(ipAddress: "192.0.2.1", port: 443)).wait()
        }

        func receive(_ octets: [UInt8]) throws {
            try channel.writeInbound(ByteBuffer(bytes: octets))
        }

        /// The types of the frames that were sent since the last call, for each stream.
        func sentTypes() throws -> [UInt8: [UInt8]] {
            var octets: [UInt8] = []
            while let part = try channel.readOutbound(as: ByteBuffer.self) { octets += part.readableBytesView }
            var types: [UInt8: [UInt8]] = [:]
            while octets.count >= 9 {
                let count = Int(octets[0]) << 16 | Int(octets[1]) << 8 | Int(octets[2])
                types[octets[8], default: []].append(octets[3])
                octets.removeFirst(min(octets.count, 9 + count))
            }
            return types
        }
    }

    /// Answers a request once it is whole.
    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = HTTPRequestPart
        typealias OutboundOut = HTTPResponsePart

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .end = unwrapInboundIn(data) else { return }
            context.write(wrapOutboundOut(.head(HTTPResponse(status: .ok))), promise: nil)
            context.write(wrapOutboundOut(.body(ByteBuffer(repeating: 0, count: 100))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    private static let data: UInt8 = 0
    private static let headers: UInt8 = 1
    private static let reset: UInt8 = 3

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// SETTINGS with a first window of no octets (RFC 9113 §6.5.2).
    private static let noWindow: [UInt8] = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]

    /// HEADERS of `GET http://x/` that end their stream, the first or the third.
    private static func request(on stream: UInt8) -> [UInt8] {
        [0, 0, 6, 1, 5, 0, 0, 0, stream, 0x82, 0x86, 0x84, 0x41, 1, UInt8(ascii: "x")]
    }

    /// WINDOW_UPDATE of 200 octets for a stream.
    private static func window(of stream: UInt8) -> [UInt8] {
        [0, 0, 4, 8, 0, 0, 0, 0, stream, 0, 0, 0, 200]
    }

    @Test("R-28 R-27 a stream whose window stays closed is reset after a minute; one whose window opens is not")
    func closedWindow() throws {
        let streams = try Streams()
        try streams.receive(Self.preface + Self.noWindow + Self.request(on: 1) + Self.request(on: 3))
        streams.channel.embeddedEventLoop.advanceTime(by: .seconds(59))
        let first = try streams.sentTypes()
        #expect(first[1] == [Self.headers] && first[3] == [Self.headers])
        try streams.receive(Self.window(of: 3))
        streams.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        let second = try streams.sentTypes()
        #expect(second[1] == [Self.reset] && second[3]?.allSatisfy { $0 == Self.data } == true)
        #expect(streams.refusals == 1 && streams.channel.isActive)
        streams.channel.embeddedEventLoop.advanceTime(by: .seconds(3600))
        #expect(streams.refusals == 1 && streams.channel.isActive)
    }
}
