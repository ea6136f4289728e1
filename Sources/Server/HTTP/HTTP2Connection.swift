internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP2
internal import NIOHTTPTypesHTTP2

/// The pipelines of an HTTP/2 connection and of its streams, with every limit of reliability sections 3 and 4.11.
struct HTTP2Connection: Sendable {
    typealias Streams = NIOHTTP2Handler.AsyncStreamMultiplexer<RequestChannel>

    /// How long streams may go on after the server was told to stop.
    private static let graceTime = TimeAmount.seconds(30)

    /// How long a connection may have no stream, and a stream no octet of its request.
    let idleTimeout: Duration

    /// How long a client may take for its answers.
    let answers: AnswerBounds

    /// How many streams there may be over all connections; those beyond are reset.
    let openStreams: StreamShares

    /// A stream beyond those that there may be.
    private struct TooManyStreams: Error {}

    /// Told of each stream that ends because its client sends or reads too slowly.
    let refuse: @Sendable (ConnectionMetrics.Reason) -> Void

    /// Adds what speaks HTTP/2; on the channel's event loop.
    func configure(_ channel: any Channel, logger: Logger) throws -> Streams {
        let manager = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(
                maxIdleTime: TimeAmount(idleTimeout), maxAge: nil, maxGraceTime: Self.graceTime, keepalive: nil))
        let end = HTTP2ConnectionEnd(graceTime: Self.graceTime)
        let delegate = HTTP2ConnectionEnd.Streams(
            end: NIOLoopBound(end, eventLoop: channel.eventLoop), next: manager.http2StreamDelegate)
        let pipeline = channel.pipeline.syncOperations
        let stalled = NIOLoopBound(
            StalledAnswers(channel) { [refuse] in refuse(.slowReader) }, eventLoop: channel.eventLoop)
        let streams: Streams = try pipeline.configureAsyncHTTP2Pipeline(
            mode: .server, streamDelegate: delegate, frameDelegate: FrameWatch(channel: channel, stalled: stalled),
            configuration: Self.limits
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                try self.configure(stream: stream, stalled.value, logger: logger)
            }
        }
        try pipeline.addHandlers([manager, end])
        // The handler starts its clock with the connection, which is older than the handler here.
        if channel.isActive { manager.channelActive(context: try pipeline.context(handler: manager)) }
        return streams
    }

    private func configure(
        stream: any Channel, _ stalled: StalledAnswers, logger: Logger
    ) throws -> RequestChannel {
        guard let permit = openStreams.enter(stream.parent?.remoteAddress?.ipAddress) else {
            refuse(.tooManyFromAddress)
            throw TooManyStreams()
        }
        stream.closeFuture.whenComplete { _ in permit.leave() }
        let pipeline = stream.pipeline.syncOperations
        try pipeline.addHandlers([
            HTTP2AnswerHandler(), HTTP2FramePayloadToHTTPServerCodec(),
            RequestPace { [refuse] in refuse(.slowRequest) },
            AnswerLimit(answers, stalled: stalled) { [refuse] in refuse(.slowReader) },
        ])
        try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: idleTimeout, logger: logger))
        return RequestChannel(
            parts: try HTTP1Channel.Value(wrappingChannelSynchronously: stream),
            departure: try ClientDeparture.watching(stream))
    }

    private static var limits: NIOHTTP2Handler.Configuration {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
            HTTP2Setting(parameter: .maxHeaderListSize, value: ListenerLimits.headerListSize),
        ]
        connection.maximumSequentialEmptyDataFrames = 1
        connection.maximumBufferedControlFrames = 100
        connection.maximumSequentialContinuationFrames = 8
        connection.maximumConnectionGlitches = 200
        connection.controlFrameRateLimit.maximumCount = 200
        connection.controlFrameRateLimit.windowLength = .seconds(30)
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.outboundBufferSizeHighWatermark = 64 * 1024
        stream.outboundBufferSizeLowWatermark = 32 * 1024
        stream.streamResetFrameRateLimit.maximumCount = 200
        stream.streamResetFrameRateLimit.windowLength = .seconds(30)
        // Resets that the client provokes us to send cost the same as its own (CVE-2025-8671).
        stream.streamErrorRateLimit.maximumCount = 200
        stream.streamErrorRateLimit.windowLength = .seconds(30)
        return NIOHTTP2Handler.Configuration(connection: connection, stream: stream)
    }
}

/// Closes a connection once it was told of an error of the whole connection (RFC 9113 §5.4.1), and notes what is sent.
///
/// The library reports errors of a stream in the same way, and those must not end the others.
private struct FrameWatch: NIOHTTP2FrameDelegate {
    let channel: any Channel
    let stalled: NIOLoopBound<StalledAnswers>

    func wroteFrame(_ frame: HTTP2Frame) {
        if case .data = frame.payload { stalled.value.progressed() }
        guard case .goAway(_, let code, _) = frame.payload, code != .noError else { return }
        // Later, because the frame is not flushed yet.
        channel.eventLoop.execute { [channel] in channel.close(promise: nil) }
    }
}
