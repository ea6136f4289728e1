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

    /// Reads nothing more from the connection, which ends once the answer is written.
    ///
    /// For requests after which it is not known where the next one begins, or which announce more than we would read.
    /// A stream of HTTP/2 needs none of that: it is reset after its answer.
    func endConnection() {
        guard !isHTTP2 else { return }
        let closed = channel.eventLoop.makePromise(of: Void.self)
        closed.futureResult.whenFailure { [channel] _ in
            // TLS cannot close one direction alone; the connection then closes when the answer is written.
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        channel.close(mode: .input, promise: closed)
    }
}
