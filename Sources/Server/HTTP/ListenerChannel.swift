internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP2
internal import NIOSSL
internal import NIOTLS

/// One connection of a listener that speaks HTTP/1.1 and HTTP/2.
///
/// Over TLS the version is chosen by ALPN, HTTP/1.1 when the client offers none; in clear text by the connection
/// preface of HTTP/2.
struct ListenerChannel: ServerChildChannel {
    typealias Negotiated = NIONegotiatedHTTPVersion<RequestChannel, HTTP2Connection.Streams>

    /// A connection and, once it is known, what it speaks.
    struct Value: ServerChildChannelValue {
        fileprivate let negotiated: EventLoopFuture<Negotiated>
        let channel: any Channel
    }

    private static let handshakeLimit = TimeAmount.seconds(10)

    private let http1: HTTP1Channel
    private let http2: HTTP2Connection
    private let identity: TLSIdentity?
    private let idleTimeout: Duration
    private let metrics: ConnectionMetrics?
    private let shares: ConnectionShares?

    /// Connections that are clear text without an `identity`; each takes the identity that is current when it begins.
    init(
        responder: @escaping HTTPChannelHandler.Responder, identity: TLSIdentity?, idleTimeout: Duration,
        metrics: ConnectionMetrics?, shares: ConnectionShares? = nil, answers: AnswerBounds = AnswerBounds(),
        streams: StreamShares
    ) {
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: ListenerLimits.headerFieldSize, maxHeaderListSize: ListenerLimits.headerListSize,
            maxHeaderFieldCount: ListenerLimits.headerFieldCount)
        self.shares = shares
        http1 = HTTP1Channel(
            responder: responder,
            configuration: .init(
                additionalChannelHandlers: [
                    RequestPace { metrics?.refused(.slowRequest) },
                    AnswerLimit(answers) { metrics?.refused(.slowReader) },
                ],
                idleTimeout: TimeAmount(idleTimeout), httpDecoderConfiguration: decoder))
        http2 = HTTP2Connection(idleTimeout: idleTimeout, answers: answers, openStreams: streams) {
            metrics?.refused($0)
        }
        self.identity = identity
        self.idleTimeout = idleTimeout
        self.metrics = metrics
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let negotiated =
                if let identity {
                    try addTLS(channel, identity.context, logger)
                } else {
                    try addDetector(channel, logger)
                }
            return Value(negotiated: negotiated, channel: channel)
        }
    }

    /// Whether the address at the other end may have this connection too; it gives its place back when it ends.
    private func isTaken(_ channel: any Channel) async -> Bool {
        guard let shares else { return true }
        guard let permit = await shares.enter(channel.remoteAddress?.ipAddress, isActive: { channel.isActive }) else {
            metrics?.refused(.tooManyFromAddress)
            return false
        }
        channel.closeFuture.whenComplete { _ in permit.leave() }
        return true
    }

    func handle(value: Value, logger: Logger) async {
        // Not earlier: before a connection is active it has no address.
        guard await isTaken(value.channel) else { return value.channel.close(promise: nil) }
        do {
            switch try await value.negotiated.get() {
            case .http1_1(let connection): await serve(connection, logger)
            case .http2(let streams): await handle(streams, logger)
            }
        } catch {
            logger.debug("connection ended before its first request", metadata: ["cause": "\(error)"])
        }
    }

    private func handle(_ streams: HTTP2Connection.Streams, _ logger: Logger) async {
        do {
            try await withThrowingDiscardingTaskGroup { group in
                for try await stream in streams.inbound {
                    group.addTask { await serve(stream, logger) }
                }
            }
        } catch {
            logger.debug("connection failed", metadata: ["cause": "\(error)"])
        }
    }

    private func serve(_ channel: RequestChannel, _ logger: Logger) async {
        await ClientDeparture.$current.withValue(channel.departure) {
            await http1.handle(value: channel.parts, logger: logger)
        }
    }

    private func addTLS(
        _ channel: any Channel, _ context: NIOSSLContext, _ logger: Logger
    ) throws -> EventLoopFuture<Negotiated> {
        let limit = NegotiationLimit(Self.handshakeLimit)
        let negotiation = NIOTypedApplicationProtocolNegotiationHandler<Negotiated> { result, channel in
            configure(channel, isHTTP2: result == .negotiated("h2"), logger)
        }
        try channel.pipeline.syncOperations.addHandlers([NIOSSLServerHandler(context: context), limit, negotiation])
        let negotiated = negotiation.protocolNegotiationResult
        if let metrics { negotiated.whenFailure { _ in metrics.refused(.handshakeFailed) } }
        return ending(limit, channel, after: negotiated)
    }

    private func addDetector(_ channel: any Channel, _ logger: Logger) throws -> EventLoopFuture<Negotiated> {
        let limit = NegotiationLimit(TimeAmount(idleTimeout))
        let detector = PrefaceDetector(eventLoop: channel.eventLoop) {
            configure(channel, isHTTP2: $0, logger)
        } refuse: {
            metrics?.refused(.tlsOnClearTextPort)
        }
        try channel.pipeline.syncOperations.addHandlers([limit, detector])
        return ending(limit, channel, after: detector.configured)
    }

    private func ending(
        _ limit: NegotiationLimit, _ channel: any Channel, after negotiated: EventLoopFuture<Negotiated>
    ) -> EventLoopFuture<Negotiated> {
        let limit = NIOLoopBound(limit, eventLoop: channel.eventLoop)
        return negotiated.always { _ in channel.pipeline.syncOperations.removeHandler(limit.value, promise: nil) }
    }

    private func configure(_ channel: any Channel, isHTTP2: Bool, _ logger: Logger) -> EventLoopFuture<Negotiated> {
        guard isHTTP2 else {
            let limit = HeadLimit { [metrics] in metrics?.refused(.slowRequest) }
            do { try channel.pipeline.syncOperations.addHandler(limit) } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
            return http1.setup(channel: channel, logger: logger).flatMapThrowing { parts in
                .http1_1(RequestChannel(parts: parts, departure: try ClientDeparture.watching(channel)))
            }
        }
        return channel.eventLoop.makeCompletedFuture { .http2(try http2.configure(channel, logger: logger)) }
    }
}
