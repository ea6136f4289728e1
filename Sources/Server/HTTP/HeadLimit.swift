internal import NIOCore

/// Ends a connection of HTTP/1.1 on which the head of a request is not whole in time (reliability R-27).
///
/// The time begins with the first octet after the head before, so that idle connections are not concerned.
final class HeadLimit: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// How long a head may take.
    static let limit = TimeAmount.seconds(10)

    private let refuse: () -> Void
    private var isInHead = true
    private var hasBegun = false
    private var deadline: Scheduled<Void>?

    /// A limit for one head after the other; `refuse` is called before the connection ends.
    init(refuse: @escaping () -> Void) {
        self.refuse = refuse
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isInHead { hasBegun = true }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Most heads come whole, and need no clock.
        if hasBegun, deadline == nil { start(context) }
        context.fireChannelReadComplete()
    }

    /// A head is whole.
    func end() {
        isInHead = false
        hasBegun = false
        deadline?.cancel()
        deadline = nil
    }

    /// A request is whole: the next octet begins another one.
    func begin() {
        isInHead = true
    }

    private func start(_ context: ChannelHandlerContext) {
        let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: Self.limit) {
            let (limit, context) = here.value
            limit.refuse()
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }
}
