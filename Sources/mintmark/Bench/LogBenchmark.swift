internal import AsyncHTTPClient
internal import NIOCore
internal import NIOPosix
internal import OpenSSL
internal import StrictJSON
internal import TransparencyLog

/// Grows one log and measures it at several sizes, each time with a server of its own process.
struct LogBenchmark: Sendable {
    let directory: BenchDirectory
    let requests: PreparedRequests
    let plan: BenchPlan
    /// How long certificates are issued at each size.
    let duration: Duration
    /// Whether to say how far it is although nobody looks on.
    let isProgressAskedFor: Bool
    let metricsPort: Int

    /// The longest that a start may take: after a kill every leaf hash is looked at.
    private static let startLimit = Duration.seconds(600)

    /// Connections that ask at the same time while certificates are issued.
    private static let connections = 8

    /// Measures a log that has at least one entry at each of the sizes, which rise.
    func run(_ sizes: [UInt64]) async throws -> [LogSizeFigures] {
        try await issueFirst()
        var figures: [LogSizeFigures] = []
        for size in sizes { figures.append(try await measure(at: size)) }
        return figures
    }

    /// Has the server make the certificate that the other entries are like.
    private func issueFirst() async throws {
        let server = try BenchServer(directory, metricsPort: metricsPort)
        defer { server.stop() }
        try await server.waitUntilReady(JSONClient(.shared))
        let result = try await load(LoadGenerator(requests: requests, connections: 1, rate: 4)) {
            try await $0.run(for: .milliseconds(250), first: 0, on: $1)
        }
        guard !result.seconds.isEmpty else {
            throw JSONClient.UnexpectedAnswer(description: "no certificate was issued: \(result.outcomes)")
        }
    }

    private func measure(at target: UInt64) async throws -> LogSizeFigures {
        let growth = try await LogGrowth.run(
            directory, to: target, progress: ProgressLine(isAskedFor: isProgressAskedFor))
        let byteCount = directory.logByteCount
        let server = try BenchServer(directory, metricsPort: metricsPort)
        do {
            return try await measure(server, growth, byteCount)
        } catch {
            server.kill()
            throw error
        }
    }

    private func measure(
        _ server: BenchServer, _ growth: LogGrowth, _ byteCount: Int64
    ) async throws -> LogSizeFigures {
        let client = JSONClient(.shared)
        let cleanStart = try await server.waitUntilReady(client, limit: Self.startLimit)
        let resident = ProcessUsage(processID: server.processID)?.residentByteCount ?? 0
        let prefix = "\(directory.url)/log/\(BenchDirectory.shard)"
        let head = try await client.getJSON("\(prefix)/ct/v1/get-sth")
        guard let number = head["tree_size"]?.integer, let size = TreeSize(UInt64(clamping: number)) else {
            throw JSONClient.UnexpectedAnswer(description: "the log has no size")
        }
        let idle = try await idleCPU(server.processID)
        let reads = try await LogReads.run(prefix, size: size, leafHashes: growth.leafHashes)
        let generator = LoadGenerator(requests: requests, connections: Self.connections, rate: nil)
        let issuing = try await load(generator) {
            try await IssueRound.run(
                $0, duration, first: Int(clamping: size.value % 997), on: $1, plan: plan,
                processID: server.processID)
        }
        let peak = ProcessUsage(processID: server.processID)?.peakResidentByteCount ?? 0
        server.kill()
        let restarted = try BenchServer(directory, metricsPort: metricsPort)
        defer { restarted.stop() }
        let uncleanStart = try await restarted.waitUntilReady(client, limit: Self.startLimit)
        return LogSizeFigures(
            size: size.value, growth: growth, byteCount: byteCount, cleanStart: cleanStart, uncleanStart: uncleanStart,
            residentByteCount: resident, peakResidentByteCount: peak, reads: reads, idleCPU: idle, issuing: issuing)
    }

    /// What the server uses while nobody asks it anything, as a share of one processor.
    private func idleCPU(_ processID: Int32) async throws -> Double {
        let before = ProcessUsage(processID: processID)?.cpuSeconds ?? 0
        let start = ContinuousClock.now
        try await Task.sleep(for: .seconds(2))
        let after = ProcessUsage(processID: processID)?.cpuSeconds ?? 0
        return (after - before) / start.duration(to: .now).seconds
    }

    private func load<Value: Sendable>(
        _ generator: LoadGenerator, _ body: (LoadGenerator, any EventLoopGroup) async throws -> Value
    ) async throws -> Value {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result: Result<Value, any Error>
        do { result = .success(try await body(generator, group)) } catch { result = .failure(error) }
        try await group.shutdownGracefully()
        return try result.get()
    }
}
