internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Ends a connection, or a stream of HTTP/2, whose client sends too slowly (reliability R-27).
///
/// A body must have brought 1 KiB for each second after the first five, which is asked from the eleventh on: before
/// that, endpoints with a limit of their own answer. Only time in which we are ready to read counts.
final class RequestPace: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

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
        switch unwrapInboundIn(data) {
        case .head:
            head?.end()
            (isBodyOpen, byteCount, waitedSeconds) = (true, 0, 0)
        case .body(let part): byteCount += part.readableBytes
        case .end:
            endBody()
            head?.begin()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReadPending = false
        // Most bodies come whole with their head, and need no clock.
        if isBodyOpen, tick == nil { wait(context) }
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
