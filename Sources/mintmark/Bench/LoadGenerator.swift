internal import CertificateTransparency
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Server

/// Drives a server over a number of kept connections for a time.
struct LoadGenerator: Sendable {
    let requests: PreparedRequests
    let connections: Int
    /// Requests a second over all connections; nil for as many as the answers allow.
    let rate: Double?

    /// Runs to the end and adds up what the connections saw; throws when one cannot be made.
    ///
    /// `first` is the request to begin with, so that runs after one another differ.
    func run(for duration: Duration, first: Int, on group: any EventLoopGroup) async throws -> LoadResult {
        let begin = NIODeadline.now()
        let end = begin + .nanoseconds(Int64(duration.seconds * 1e9))
        let interval = rate.map { TimeAmount.nanoseconds(Int64(Double(connections) / $0 * 1e9)) }
        var results: [EventLoopFuture<LoadResult>] = []
        for number in 0..<connections {
            let done = group.next().makePromise(of: LoadResult.self)
            results.append(done.futureResult)
            // The connections of an open loop take turns, so that the rate is even.
            let offset = (interval?.nanoseconds ?? 0) * Int64(number) / Int64(connections)
            let (requests, start) = (requests, begin + .nanoseconds(offset))
            let bootstrap = ClientBootstrap(group: group)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(
                            LoadConnection(
                                requests: requests, first: first + number * 7, start: start, interval: interval,
                                end: end, done: done))
                    }
                }
            do {
                _ = try await bootstrap.connect(host: requests.address.host, port: requests.address.port).get()
            } catch {
                let reason = NetworkErrorText.describing(error, url: "http://\(requests.host)")
                done.fail(JSONClient.UnexpectedAnswer(description: reason))
            }
        }
        var total = LoadResult()
        for result in results { total.merge(try await result.get()) }
        return total
    }
}
