internal import NIOCore

/// Ends an HTTP/2 connection whose client asks for much and takes nothing of it (reliability R-28).
///
/// A client that keeps its windows shut has as many answers in our memory as it may have streams. When there are many
/// of them, and none is done and none goes on for two seconds, nothing is to be waited for. Runs on the connection's
/// event loop.
final class StalledAnswers {
    /// From how many answers on this is no mere pause.
    static let count = 32

    /// How long nothing may be sent then.
    static let limit = TimeAmount.seconds(2)

    private let channel: any Channel
    private let refuse: @Sendable () -> Void
    private var waiting = 0
    private var lastProgress = NIODeadline.uptimeNanoseconds(0)
    private var timer: Scheduled<Void>?

    /// A watch over a connection; `refuse` is called before it ends.
    init(_ channel: any Channel, refuse: @escaping @Sendable () -> Void) {
        (self.channel, self.refuse) = (channel, refuse)
        channel.closeFuture.assumeIsolated().whenComplete { _ in self.stop() }
    }

    /// An answer begins to wait for its client.
    func began() {
        waiting += 1
        guard waiting >= Self.count, timer == nil else { return }
        progressed()
        start(in: Self.limit)
    }

    /// An answer was taken, or its stream has ended.
    func ended() {
        waiting -= 1
        progressed()
        if waiting < Self.count { stop() }
    }

    /// A part of some answer was sent.
    func progressed() {
        lastProgress = channel.eventLoop.now
    }

    private func start(in delay: TimeAmount) {
        let here = NIOLoopBound(self, eventLoop: channel.eventLoop)
        timer = channel.eventLoop.scheduleTask(in: delay) { here.value.look() }
    }

    private func look() {
        timer = nil
        let left = lastProgress + Self.limit - channel.eventLoop.now
        guard left <= .zero else { return start(in: left) }
        refuse()
        channel.close(promise: nil)
    }

    private func stop() {
        timer?.cancel()
        timer = nil
    }
}
