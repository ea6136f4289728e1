internal import Hummingbird
internal import NIOCore

/// What the HTTP library keeps for a request, with the connection that it came on.
struct EndpointContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The address that the connection comes from; nil when it has none.
    var source: String? { channel.remoteAddress?.ipAddress }

    /// Reads nothing more from the connection, which ends once the answer is written.
    ///
    /// For requests after which it is not known where the next one begins, or which announce more than we would read.
    func endConnection() {
        channel.close(mode: .input, promise: nil)
    }
}
