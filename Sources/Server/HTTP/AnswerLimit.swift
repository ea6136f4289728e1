internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Ends a connection, or a stream of HTTP/2, whose client does not take its answers (reliability ).
///
/// An answer must be taken within a minute of its head, or of the end of the answer before it. It is taken when its
/// last octet was given to the system, which for HTTP/2 waits for the client's windows too.
final class AnswerLimit: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How long an answer may take.
    static let limit = TimeAmount.seconds(60)

    private let refuse: () -> Void
    private var openAnswers = 0
    private var deadline: Scheduled<Void>?

    /// A limit for one answer after the other; `refuse` is called before the connection ends.
    init(refuse: @escaping () -> Void) {
        self.refuse = refuse
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.kind != .informational:
            openAnswers += 1
            context.write(data, promise: promise)
        case .end:
            let taken = promise ?? context.eventLoop.makePromise()
            let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            taken.futureResult.whenSuccess {
                let (limit, context) = here.value
                limit.answerTaken(context)
            }
            context.write(data, promise: taken)
        case .head, .body:
            context.write(data, promise: promise)
        }
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        // Most answers are taken at once, and need no clock.
        if openAnswers > 0, deadline == nil { start(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
        openAnswers = 0
    }

    private func answerTaken(_ context: ChannelHandlerContext) {
        stop()
        openAnswers -= 1
        // A client that sends one request after the other has answers that wait behind this one.
        if openAnswers > 0 { start(context) }
    }

    private func start(_ context: ChannelHandlerContext) {
        let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: Self.limit) {
            let (limit, context) = here.value
            limit.refuse()
            context.close(promise: nil)
        }
    }

    private func stop() {
        deadline?.cancel()
        deadline = nil
    }
}
