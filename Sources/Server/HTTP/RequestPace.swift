internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Ends a connection, or a stream of HTTP/2, whose client sends too slowly (reliability R-27), or what is not wanted.
///
/// A body must have brought 1 KiB for each second after the first five, which is asked from the eleventh on: before
/// that, endpoints with a limit of their own answer. Only time in which we are ready to read counts. A body that is
/// refused before it was read may go on for five seconds and 8 MiB more; then, or when it is over, the connection ends.
final class RequestPace: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// The event that says, on HTTP/1.1 and before the answer is written, that nobody reads the rest of the body.
    struct BodyRefused: Sendable {}

    /// How long a refused body is still read, so that its client sees the answer.
    static let refusedLimit = TimeAmount.seconds(5)

    /// How many octets of a refused body are still read.
    static let refusedByteCount = 8 * 1024 * 1024

    /// Seconds of a body that do not count.
    static let graceSeconds = 5

    /// Seconds of a body after which it is asked what it has brought.
    static let patientSeconds = 10

    /// Octets that each further second must bring.
    static let leastByteCount = 1024

    /// The clock of the request's head; nil where frames bring it whole.
    private var head: HeadLimit?
    private let refuse: () -> Void
    private var isBodyOpen = false
    private var isReadPending = false
    private var byteCount = 0
    private var waitedSeconds = 0
    private var tick: Scheduled<Void>?

    /// What is left to a refused body in octets; nil while none is refused.
    private var unwanted: Int?
    private var isOver = false

    /// A watch over one request after the other; `refuse` is called before the connection ends.
    init(refuse: @escaping () -> Void) {
        self.refuse = refuse
    }

    func handlerAdded(context: ChannelHandlerContext) {
        head = try? context.pipeline.syncOperations.handler(type: HeadLimit.self)
    }

    /// Whether a body of so many octets after so many seconds is too slow.
    static func isTooSlow(byteCount: Int, seconds: Int) -> Bool {
        seconds > patientSeconds && byteCount < (seconds - graceSeconds) * leastByteCount
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Requests behind a refused body are not begun: their answers would never arrive.
        guard !isOver else { return }
        switch unwrapInboundIn(data) {
        case .head:
            head?.end()
            (isBodyOpen, byteCount, waitedSeconds) = (true, 0, 0)
        case .body(let part):
            byteCount += part.readableBytes
            // Nobody may be there any more who takes it.
            guard let limit = unwanted else { break }
            if byteCount > limit { context.close(promise: nil) }
            return
        case .end:
            endBody()
            if unwanted == nil { head?.begin() }
        }
        context.fireChannelRead(data)
        if unwanted != nil, !isBodyOpen { end(context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is BodyRefused else { return context.fireUserInboundEventTriggered(event) }
        unwanted = byteCount + Self.refusedByteCount
        guard isBodyOpen else { return end(context) }
        let channel = context.channel
        let limit = context.eventLoop.scheduleTask(in: Self.refusedLimit) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in limit.cancel() }
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard unwanted != nil, !isOver, case .end = unwrapOutboundIn(data) else {
            return context.write(data, promise: promise)
        }
        // Whoever reads an answer to the end of the connection need not wait for the end of what it sends.
        let written = promise ?? context.eventLoop.makePromise()
        let channel = context.channel
        written.futureResult.whenSuccess { channel.close(mode: .output, promise: nil) }
        context.write(data, promise: written)
    }

    /// Closes the connection, when the answer is written if it is not yet.
    private func end(_ context: ChannelHandlerContext) {
        isOver = true
        context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReadPending = false
        // Most bodies come whole with their head, and need no clock.
        if isBodyOpen, tick == nil { wait(context) }
        if unwanted != nil, !isOver { context.read() }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        isReadPending = true
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        endBody()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        endBody()
    }

    private func endBody() {
        isBodyOpen = false
        tick?.cancel()
        tick = nil
    }

    private func wait(_ context: ChannelHandlerContext) {
        let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        tick = context.eventLoop.scheduleTask(in: .seconds(1)) {
            let (pace, context) = here.value
            pace.secondPassed(context)
        }
    }

    private func secondPassed(_ context: ChannelHandlerContext) {
        tick = nil
        guard isBodyOpen else { return }
        if isReadPending { waitedSeconds += 1 }
        guard Self.isTooSlow(byteCount: byteCount, seconds: waitedSeconds) else { return wait(context) }
        isBodyOpen = false
        refuse()
        context.close(promise: nil)
    }
}
