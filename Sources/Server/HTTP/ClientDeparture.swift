internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Cancels what a request began when its client leaves before the answer (CA specification 6.2, SCT-06).
struct ClientDeparture<Base: HTTPResponder>: HTTPResponder where Base.Context == EndpointContext {
    typealias Context = EndpointContext

    /// What answers the requests.
    let base: Base

    func respond(to request: Request, context: EndpointContext) async throws -> Response {
        try await withThrowingTaskGroup(of: Response?.self) { group in
            group.addTask { try await base.respond(to: request, context: context) }
            group.addTask {
                await DepartureHandler.wait(on: context.channel)
                return nil
            }
            defer { group.cancelAll() }
            while let response = try await group.next() {
                if let response { return response }
                group.cancelAll()
            }
            throw CancellationError()
        }
    }
}

/// Tells when the other side has closed its end of a connection, or an HTTP/2 stream was reset.
private final class DepartureHandler: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = NIOAny

    private let departed: AsyncStream<Void>.Continuation

    /// Whether the end of what is sent means that the client has left: on a connection; every request of a stream ends
    /// so.
    private let isConnection: Bool

    private init(_ departed: AsyncStream<Void>.Continuation, isConnection: Bool) {
        self.departed = departed
        self.isConnection = isConnection
    }

    /// Returns when the client of the channel has left, or when the task is cancelled.
    static func wait(on channel: any Channel) async {
        let (departures, departed) = AsyncStream<Void>.makeStream()
        let handler = DepartureHandler(departed, isConnection: channel.parent?.parent == nil)
        channel.pipeline.addHandler(handler, position: .first).whenFailure { _ in departed.finish() }
        for await _ in departures {}
        channel.pipeline.removeHandler(handler, promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if !context.channel.isActive { departed.finish() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        departed.finish()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isConnection, case ChannelEvent.inputClosed = event { departed.finish() }
        context.fireUserInboundEventTriggered(event)
    }
}
