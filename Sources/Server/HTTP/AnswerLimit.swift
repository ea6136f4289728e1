internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Ends a connection, or a stream of HTTP/2, whose client does not take its answers (reliability ).
///
/// An answer must be taken within a time, a minute unless told otherwise, of its head, or of the end of the answer
/// before it. It is taken when its last octet was given to the system, which for HTTP/2 waits for the client's windows
/// too. Long answers that are not taken yet have a bound over all connections.
final class AnswerLimit: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limit: TimeAmount
    private let budget: AnswerBudget
    private let stalled: StalledAnswers?
    private let refuse: () -> Void
    /// For each answer that is not taken yet, what is counted of it.
    private var openAnswers: [[AnswerBudget.Ticket]] = []
    private var deadline: Scheduled<Void>?

    /// A limit for one answer after the other; `refuse` is called before the connection ends.
    ///
    /// `stalled` watches over all streams of a connection of HTTP/2.
    init(_ bounds: AnswerBounds = AnswerBounds(), stalled: StalledAnswers? = nil, refuse: @escaping () -> Void) {
        limit = TimeAmount(bounds.timeout)
        budget = bounds.budget
        self.stalled = stalled
        self.refuse = refuse
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.kind != .informational:
            openAnswers.append([])
            stalled?.began()
            context.write(data, promise: promise)
        case .end:
            let taken = promise ?? context.eventLoop.makePromise()
            let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            taken.futureResult.whenSuccess {
                let (limit, context) = here.value
                limit.answerTaken(context)
            }
            context.write(data, promise: taken)
        case .body(let part) where part.readableBytes > AnswerBudget.freeByteCount:
            count(part.readableBytes, context)
            context.write(data, promise: promise)
        case .head, .body:
            context.write(data, promise: promise)
        }
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        // Most answers are taken at once, and need no clock.
        if !openAnswers.isEmpty, deadline == nil { start(context) }
    }

    private func count(_ byteCount: Int, _ context: ChannelHandlerContext) {
        let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let ticket = budget.add(byteCount) { ticket in
            loop.execute {
                let (limit, context) = here.value
                // It may have been taken meanwhile, and then this is about another answer.
                if limit.openAnswers.contains(where: { $0.contains(ticket) }) { limit.end(context) }
            }
        }
        guard let last = openAnswers.indices.last else { return budget.remove(ticket) }
        openAnswers[last].append(ticket)
    }

    private func forgetOne() {
        guard !openAnswers.isEmpty else { return }
        for ticket in openAnswers.removeFirst() { budget.remove(ticket) }
        stalled?.ended()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
        while !openAnswers.isEmpty { forgetOne() }
    }

    private func answerTaken(_ context: ChannelHandlerContext) {
        stop()
        forgetOne()
        // A client that sends one request after the other has answers that wait behind this one.
        if !openAnswers.isEmpty { start(context) }
    }

    private func start(_ context: ChannelHandlerContext) {
        let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: limit) {
            let (limit, context) = here.value
            limit.end(context)
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        guard !openAnswers.isEmpty, context.channel.isActive else { return }
        refuse()
        context.close(promise: nil)
    }

    private func stop() {
        deadline?.cancel()
        deadline = nil
    }
}
