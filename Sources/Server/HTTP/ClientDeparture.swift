internal import NIOCore
internal import Synchronization

/// Cancels what a request began when its client leaves before the answer (CA specification 6.2, SCT-06).
///
/// There is one for each connection of HTTP/1.1 and for each stream of HTTP/2, so that a request adds nothing to its
/// channel's pipeline.
final class ClientDeparture: Sendable {
    /// That of the channel whose request runs in this task; nil outside of one.
    @TaskLocal static var current: ClientDeparture?

    private struct State {
        var hasLeft = false
        var cancel: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    private init() {}

    /// Watches a channel from now on; on its event loop.
    static func watching(_ channel: any Channel) throws -> ClientDeparture {
        let departure = ClientDeparture()
        let handler = DepartureHandler(departure, isConnection: channel.parent?.parent == nil)
        try channel.pipeline.syncOperations.addHandler(handler, position: .first)
        return departure
    }

    /// Calls `cancel` when the client leaves before `ended()`, or at once when it has closed the channel already.
    func began(_ cancel: @escaping @Sendable () -> Void) {
        let hasLeft = state.withLock { state in
            if !state.hasLeft { state.cancel = cancel }
            return state.hasLeft
        }
        if hasLeft { cancel() }
    }

    /// Forgets what `began` was told: the answer is there.
    func ended() {
        state.withLock { $0.cancel = nil }
    }

    /// Cancels what is under way; `forGood` says that nothing can be answered on the channel any more.
    fileprivate func leave(forGood: Bool) {
        let cancel = state.withLock { state in
            if forGood { state.hasLeft = true }
            return state.cancel.take()
        }
        cancel?()
    }
}

/// Tells when the other side has closed its end of a connection, or an HTTP/2 stream was reset.
private final class DepartureHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = NIOAny

    private let departure: ClientDeparture

    /// Whether the end of what is sent means that the client has left: on a connection; every request of a stream ends
    /// so.
    private let isConnection: Bool

    init(_ departure: ClientDeparture, isConnection: Bool) {
        self.departure = departure
        self.isConnection = isConnection
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // A stream is added to before it is active.
        if isConnection, !context.channel.isActive { departure.leave(forGood: true) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        departure.leave(forGood: true)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Not for good: whoever sent all that it had to send may have left, or may wait for answers to what is queued.
        if isConnection, case ChannelEvent.inputClosed = event { departure.leave(forGood: false) }
        context.fireUserInboundEventTriggered(event)
    }
}
