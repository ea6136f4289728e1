internal import NIOCore
internal import NIOHTTP2

/// Closes a connection whose client left, or does not take leave when the server stops.
///
/// A graceful end waits for the client to answer a PING (RFC 9113 §6.8); a client that reads nothing between its
/// requests never does.
final class HTTP2ConnectionEnd: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    /// Counts the streams, and tells the library's own keeper of the connection of them.
    struct Streams: NIOHTTP2StreamDelegate {
        let end: NIOLoopBound<HTTP2ConnectionEnd>
        let next: NIOHTTP2ServerConnectionManagementHandler.HTTP2StreamDelegate

        func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
            end.value.openStreams += 1
            next.streamCreated(id, channel: channel)
        }

        func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {
            end.value.openStreams -= 1
            end.value.closeIfOver()
            next.streamClosed(id, channel: channel)
        }
    }

    /// How long a request that was under way when the server stopped may take to arrive.
    private static let arrivalTime = TimeAmount.seconds(1)

    private let graceTime: TimeAmount
    private var openStreams = 0
    private var isOver = false
    private var timers: [Scheduled<Void>] = []
    private var channel: (any Channel)?

    /// An end at most `graceTime` after the server was told to stop.
    init(graceTime: TimeAmount) {
        self.graceTime = graceTime
    }

    func handlerAdded(context: ChannelHandlerContext) {
        channel = context.channel
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        for timer in timers { timer.cancel() }
        channel = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent where timers.isEmpty: startTimers(context)
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func startTimers(_ context: ChannelHandlerContext) {
        let channel = context.channel
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        timers = [
            context.eventLoop.scheduleTask(in: graceTime) { channel.close(promise: nil) },
            context.eventLoop.scheduleTask(in: Self.arrivalTime) {
                this.value.isOver = true
                this.value.closeIfOver()
            },
        ]
    }

    private func closeIfOver() {
        guard isOver, openStreams == 0, let channel else { return }
        // Later, because the last answer may not be flushed yet.
        timers.append(channel.eventLoop.scheduleTask(in: Self.arrivalTime) { channel.close(promise: nil) })
    }
}
