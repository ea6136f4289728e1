import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import StrictJSON
import Synchronization

/// An HTTP server on loopback that answers as a test tells it to, politely or not, and keeps a record.
final class ScriptedServer: Sendable {
    enum Reply: Sendable {
        /// Status, headers and a body of the stated length.
        case answer(UInt, [(String, String)], [UInt8])
        /// Body parts without end.
        case endless
        /// Response headers, one body byte, and then silence.
        case stalled
        /// A body length is announced and nothing of it is sent.
        case announced(Int)
        /// Response headers of this many bytes.
        case wideHeader(Int)
        /// The connection is closed instead.
        case hangUp

        static func json(_ value: JSONValue) -> Reply {
            .answer(200, [("Content-Type", "application/json")], JSONText(value).bytes)
        }

        static func redirect(_ status: UInt, to location: String) -> Reply {
            .answer(status, [("Location", location)], [])
        }
    }

    struct Request: Sendable {
        let path: String
        let headers: [(String, String)]
    }

    private struct State {
        var replies: [String: Reply] = [:]
        var counts: [String: Int] = [:]
        var endlessByteCount = 0
        var requests: [Request] = []
        var heldPaths: Set<String> = []
        var held: [@Sendable () -> Void] = []
        var channel: (any Channel)?
    }

    private let state = Mutex(State())
    private let seen: AsyncStream<Void>.Continuation
    private let arrivals: AsyncStream<Void>

    private let scheme: String

    private init(scheme: String) {
        self.scheme = scheme
        (arrivals, seen) = AsyncStream.makeStream()
    }

    /// Starts a server on a free port and stops it when the body ends.
    static func with(
        tls: TestCertificate? = nil, _ body: (ScriptedServer) async throws -> Void
    ) async throws {
        let server = ScriptedServer(scheme: tls == nil ? "http" : "https")
        let channel = try await server.bind(try tls?.serverContext())
        server.state.withLock { $0.channel = channel }
        do {
            try await body(server)
        } catch {
            try await server.stop()
            throw error
        }
        try await server.stop()
    }

    var port: Int { state.withLock { $0.channel?.localAddress?.port } ?? 0 }
    var url: String { url(host: "127.0.0.1") }

    func url(host: String) -> String { "\(scheme)://\(host):\(port)" }

    var requests: [Request] { state.withLock { $0.requests } }

    /// How many bytes of endless bodies were taken off our hands.
    var endlessByteCount: Int { state.withLock { $0.endlessByteCount } }

    fileprivate func note(endlessBytes count: Int) { state.withLock { $0.endlessByteCount += count } }

    func count(of path: String) -> Int { state.withLock { $0.counts[path] ?? 0 } }

    func reply(to path: String, _ reply: Reply) { state.withLock { $0.replies[path] = reply } }

    /// Answers nothing on a path until `release()`.
    func hold(_ path: String) { state.withLock { _ = $0.heldPaths.insert(path) } }

    func release() {
        let held = state.withLock { state in
            state.heldPaths = []
            defer { state.held = [] }
            return state.held
        }
        for answer in held { answer() }
    }

    /// Waits until a path was asked for so many times in all; for one caller at a time.
    func wait(for path: String, count: Int) async {
        if self.count(of: path) >= count { return }
        for await _ in arrivals where self.count(of: path) >= count { return }
    }

    private func stop() async throws {
        let channel = state.withLock { state in
            defer { state.channel = nil }
            return state.channel
        }
        try await channel?.close()
    }

    private func bind(_ tls: NIOSSLContext?) async throws -> any Channel {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(server: self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    fileprivate func receive(_ head: HTTPRequestHead, _ answer: @escaping @Sendable (Reply) -> Void) {
        let path = head.uri
        let reply: Reply? = state.withLock { state in
            state.counts[path, default: 0] += 1
            state.requests.append(Request(path: path, headers: head.headers.map { ($0.name, $0.value) }))
            let reply = state.replies[path] ?? .answer(404, [], [])
            guard state.heldPaths.contains(path) else { return reply }
            state.held.append { [self] in
                answer(self.state.withLock { $0.replies[path] } ?? .answer(404, [], []))
            }
            return nil
        }
        if let reply { answer(reply) }
        seen.yield()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let server: ScriptedServer

        init(server: ScriptedServer) {
            self.server = server
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .head(let head) = unwrapInboundIn(data) else { return }
            let channel = context.channel
            server.receive(head) { [server] reply in
                channel.eventLoop.execute { Self.send(reply, to: channel, server) }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private static func send(_ reply: Reply, to channel: any Channel, _ server: ScriptedServer) {
            switch reply {
            case .answer(let status, let headers, let body):
                head(status, headers + [("Content-Length", "\(body.count)")], to: channel)
                part(body, to: channel)
                channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
            case .endless:
                head(200, [("Transfer-Encoding", "chunked")], to: channel)
                pump(to: channel, server)
            case .stalled:
                head(200, [("Content-Length", "100")], to: channel)
                part([UInt8(ascii: "{")], to: channel)
            case .announced(let count):
                head(200, [("Content-Length", "\(count)")], to: channel)
                channel.flush()
            case .wideHeader(let count):
                head(200, [("X-Wide", String(repeating: "x", count: count)), ("Content-Length", "0")], to: channel)
                channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
            case .hangUp:
                channel.close(promise: nil)
            }
        }

        private static func head(_ status: UInt, _ headers: [(String, String)], to channel: any Channel) {
            let head = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: Int(status)), headers: HTTPHeaders(headers))
            channel.write(HTTPServerResponsePart.head(head), promise: nil)
        }

        private static func part(_ bytes: [UInt8], to channel: any Channel) {
            channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
        }

        private static func pump(to channel: any Channel, _ server: ScriptedServer) {
            let chunk = ByteBuffer(repeating: UInt8(ascii: " "), count: 1 << 16)
            channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(chunk))).whenSuccess {
                server.note(endlessBytes: chunk.readableBytes)
                pump(to: channel, server)
            }
        }
    }
}
