internal import Hummingbird
internal import NIOCore

/// What the HTTP library keeps for a request, with the connection that it came on.
struct EndpointContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection, or the HTTP/2 stream within one.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The address of the other end, without its port; nil when it is not known.
    var remoteAddress: String? { channel.remoteAddress?.ipAddress }

    /// Whether the request came over HTTP/2, where it is a channel within the channel of its connection.
    var isHTTP2: Bool { channel.parent?.parent != nil }

    /// Ends the connection once the answer is written, for requests after which nobody knows where the next one begins.
    ///
    /// What the client still sends of a body that is `lingering` is read and dropped first, within bounds: a
    /// connection that ends with unread octets is reset, and the client may never see its answer. A stream of HTTP/2
    /// needs none of that: it is reset after its answer.
    func endConnection(lingering: Bool) {
        guard !isHTTP2 else { return }
        if lingering { return channel.pipeline.fireUserInboundEventTriggered(RequestPace.BodyRefused()) }
        let closed = channel.eventLoop.makePromise(of: Void.self)
        closed.futureResult.whenFailure { [channel] _ in
            // TLS cannot close its input alone; the connection then closes when the answer is written.
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        channel.close(mode: .input, promise: closed)
    }
}
