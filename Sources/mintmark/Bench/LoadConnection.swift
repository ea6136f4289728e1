internal import NIOCore
internal import NIOHTTP1

/// One kept connection that sends prepared requests, one at a time, and notes how long each answer took.
///
/// All of it runs on the event loop of its channel. In a closed loop the next request follows the answer at once; in an
/// open loop it is due at a fixed time, and waiting for an earlier answer counts as part of its own.
final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let requests: PreparedRequests
    private let interval: TimeAmount?
    private let end: NIODeadline
    private let done: EventLoopPromise<LoadResult>
    private var next: Int
    private var due: NIODeadline
    private var sent: NIODeadline
    private var status = ""
    private var result = LoadResult()

    /// A connection that begins with request `first`, at `start`, and sends none after `end`.
    ///
    /// `interval` is the time between the requests of an open loop, nil for a closed one. `done` gets the result once.
    init(
        requests: PreparedRequests, first: Int, start: NIODeadline, interval: TimeAmount?, end: NIODeadline,
        done: EventLoopPromise<LoadResult>
    ) {
        self.requests = requests
        self.interval = interval
        self.end = end
        self.done = done
        next = first
        due = start
        sent = start
    }

    func channelActive(context: ChannelHandlerContext) {
        sendWhenDue(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = String(head.status.code)
        case .body: break
        case .end:
            let now = NIODeadline.now()
            result.outcomes[status, default: 0] += 1
            switch status {
            case "200", "201": result.seconds.append(Double((now - due).nanoseconds) / 1e9)
            case "429", "503": result.refusalSeconds.append(Double((now - sent).nanoseconds) / 1e9)
            default: break
            }
            due = interval.map { due + $0 } ?? now
            sendWhenDue(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        result.outcomes["\(type(of: error))", default: 0] += 1
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.succeed(result)
    }

    private func sendWhenDue(_ context: ChannelHandlerContext) {
        guard due < end else { return context.close(promise: nil) }
        guard due > .now() else { return send(context) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(deadline: due) {
            let (connection, context) = bound.value
            if context.channel.isActive { connection.send(context) }
        }
    }

    private func send(_ context: ChannelHandlerContext) {
        let body = requests.body(next)
        next += 1
        sent = .now()
        let head = HTTPRequestHead(
            version: .http1_1, method: .POST, uri: requests.path,
            headers: [
                "host": requests.host, "content-type": "application/json", "content-length": "\(body.readableBytes)",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
