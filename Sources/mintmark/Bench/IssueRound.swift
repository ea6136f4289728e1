internal import NIOCore

/// One round of load, with the bound measured right after it.
struct IssueRound: Sendable {
    let load: LoadResult
    /// How long it took, in seconds.
    let seconds: Double
    /// What the server used meanwhile; nil when its process is not known.
    let cpuSeconds: Double?
    /// The most memory that the server ever had; nil when its process is not known.
    let peakResidentByteCount: Int?
    /// Times that the server made the kernel wait for its disk; nil when its metrics do not say.
    let syncCount: Double?
    let bound: CryptoBound

    /// Certificates that were issued.
    var count: Int { load.seconds.count }

    /// Runs one round; `processID` is the server's, and `metricsURL` where its metrics are.
    static func run(
        _ generator: LoadGenerator, _ duration: Duration, first: Int, on group: any EventLoopGroup, plan: BenchPlan,
        processID: Int32?, metricsURL: String? = nil
    ) async throws -> IssueRound {
        let syncsBefore = await ServerMetrics.syncCount(metricsURL)
        let before = processID.flatMap(ProcessUsage.init)
        let clock = ContinuousClock()
        let start = clock.now
        let load = try await generator.run(for: duration, first: first, on: group)
        let seconds = start.duration(to: clock.now).seconds
        let after = processID.flatMap(ProcessUsage.init)
        let syncs = await ServerMetrics.syncCount(metricsURL)
        let cpu = before.flatMap { before in after.map { $0.cpuSeconds - before.cpuSeconds } }
        return IssueRound(
            load: load, seconds: seconds, cpuSeconds: cpu, peakResidentByteCount: after?.peakResidentByteCount,
            syncCount: syncsBefore.flatMap { before in syncs.map { $0 - before } },
            bound: try CryptoBound.measured(plan, for: .milliseconds(200)))
    }
}
