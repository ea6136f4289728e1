internal import NIOCore
internal import NIOHTTP2

/// The frames of one answer: the fewest, and none of the request after them.
///
/// - An answer without a body ends with its HEADERS frame, which is what gRPC calls "Trailers-Only".
/// - A request that goes on after its answer is reset without an error (RFC 9113 §8.1).
final class HTTP2AnswerHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private var requestEnded = false
    private var head: (HTTP2Frame.FramePayload.Headers, EventLoopPromise<Void>?)?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let headers) where headers.endStream: requestEnded = true
        case .data(let data) where data.endStream: requestEnded = true
        default: break
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .headers(let headers) where !headers.endStream:
            head = (headers, promise)
        case .data(let data) where data.endStream && data.data.readableBytes == 0 && head != nil:
            writeHeadAlone(context, promise)
        case .headers(let headers) where headers.endStream:
            writeHead(context)
            writeEnd(context, .headers(headers), promise)
        case .data(let data) where data.endStream:
            writeHead(context)
            writeEnd(context, .data(data), promise)
        case let other:
            writeHead(context)
            context.write(wrapOutboundOut(other), promise: promise)
        }
    }

    func flush(context: ChannelHandlerContext) {
        // A body that takes its time must not hold back the head; the end of a short answer came before this.
        writeHead(context)
        context.flush()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        head?.1?.fail(ChannelError.ioOnClosedChannel)
    }

    private func writeHead(_ context: ChannelHandlerContext) {
        guard let (headers, promise) = head else { return }
        head = nil
        context.write(wrapOutboundOut(.headers(headers)), promise: promise)
    }

    private func writeHeadAlone(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard let (open, headPromise) = head else { return }
        head = nil
        var headers = open
        headers.endStream = true
        let written = promise ?? context.eventLoop.makePromise()
        if let headPromise { written.futureResult.cascade(to: headPromise) }
        writeEnd(context, .headers(headers), written)
    }

    private func writeEnd(
        _ context: ChannelHandlerContext, _ payload: HTTP2Frame.FramePayload, _ promise: EventLoopPromise<Void>?
    ) {
        let written = promise ?? context.eventLoop.makePromise()
        let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        written.futureResult.whenSuccess {
            let (handler, context) = here.value
            guard !handler.requestEnded, context.channel.isActive else { return }
            context.writeAndFlush(handler.wrapOutboundOut(.rstStream(.noError)), promise: nil)
        }
        context.write(wrapOutboundOut(payload), promise: written)
    }
}
