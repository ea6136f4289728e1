internal import NIOCore

/// Finds out from the first octets of a clear-text connection which protocol its client speaks (RFC 9113 §3.4).
///
/// A connection that begins as TLS does is closed without an answer.
final class PrefaceDetector<Output: Sendable>: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What the first octets say.
    enum Finding: Hashable, Sendable {
        case undecided
        case http1
        case http2
        case tls

        private static var preface: [UInt8] { Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) }
        /// The type of a TLS record that carries a handshake (RFC 8446 §5.1).
        private static var handshake: UInt8 { 22 }

        /// The finding for all octets so far.
        init(_ octets: some Collection<UInt8>) {
            if octets.first == Self.handshake {
                self = .tls
            } else if octets.starts(with: Self.preface) {
                self = .http2
            } else {
                self = Self.preface.starts(with: octets) ? .undecided : .http1
            }
        }
    }

    /// The connection, once it is configured; fails when it ends before.
    let configured: EventLoopFuture<Output>

    private let promise: EventLoopPromise<Output>
    private let configure: (_ isHTTP2: Bool) -> EventLoopFuture<Output>
    private let refuse: () -> Void
    private var received: ByteBuffer?
    private var isDecided = false

    /// A detector that calls `configure` at most once, on the event loop, or `refuse` for TLS.
    init(
        eventLoop: any EventLoop, configure: @escaping (_ isHTTP2: Bool) -> EventLoopFuture<Output>,
        refuse: @escaping () -> Void
    ) {
        promise = eventLoop.makePromise()
        configured = promise.futureResult
        self.configure = configure
        self.refuse = refuse
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var received = received ?? ByteBuffer()
        var part = unwrapInboundIn(data)
        received.writeBuffer(&part)
        self.received = received
        guard !isDecided else { return }
        switch Finding(received.readableBytesView) {
        case .undecided: return
        case .tls:
            isDecided = true
            self.received = nil
            refuse()
            context.close(promise: nil)
        case .http1: decide(context, isHTTP2: false)
        case .http2: decide(context, isHTTP2: true)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    private func decide(_ context: ChannelHandlerContext, isHTTP2: Bool) {
        isDecided = true
        let here = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        configure(isHTTP2).hop(to: context.eventLoop).whenComplete { result in
            let (detector, context) = here.value
            detector.finish(context, result)
        }
    }

    /// Hands on what was held back; the handlers that were added stand behind this one.
    private func finish(_ context: ChannelHandlerContext, _ result: Result<Output, any Error>) {
        promise.completeWith(result)
        guard case .success = result else {
            context.close(promise: nil)
            return
        }
        if let received {
            self.received = nil
            context.fireChannelRead(wrapInboundOut(received))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
