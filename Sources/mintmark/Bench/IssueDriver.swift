internal import NIOCore
internal import Server
internal import Glibc

/// The server that is driven.
struct IssueTarget: Sendable {
    let address: ListenAddress
    /// Its process; nil when that is not known.
    let processID: Int32?
    /// Where its metrics are; nil when that is not known.
    let metricsURL: String?
}

/// Drives a server in rounds.
struct IssueDriver: Sendable {
    let target: IssueTarget
    let plan: BenchPlan
    let requests: PreparedRequests
    let connections: Int
    let duration: Duration
    let rounds: Int
    let group: any EventLoopGroup

    /// More connections than the server takes signing requests at a time, so that it has to refuse some, and fewer
    /// than it serves; fewer still when this process may not open so many files.
    private static var overloadConnections: Int { max(1, min(1500, sysconf(Int32(_SC_OPEN_MAX)) - 256)) }

    /// How many connections keep a server busy in a closed loop, so that the log has full batches: half of what it
    /// takes before it refuses.
    private static let saturatingConnections = 128

    /// Rounds in a closed loop, or at a rate, after a second to warm up.
    func issue(rate: Double?) async throws -> [IssueRound] {
        let generator = LoadGenerator(requests: requests, connections: connections, rate: rate)
        try await warmUp(generator)
        var measured: [IssueRound] = []
        for number in 1...rounds {
            Progress.show("round \(number) of \(rounds), \(Int(duration.seconds)) s")
            measured.append(try await round(generator, number))
        }
        return measured
    }

    /// Rounds at `factor` times what a closed loop right before has reached, with connections enough to saturate.
    func overload(factor: Double) async throws -> OverloadReport {
        let saturating = max(connections, Self.saturatingConnections)
        let closed = LoadGenerator(requests: requests, connections: saturating, rate: nil)
        try await warmUp(closed)
        var measured: [OverloadReport.Round] = []
        let offering = max(saturating, Self.overloadConnections)
        for number in 1...rounds {
            Progress.show("round \(number) of \(rounds), \(Int(duration.seconds)) s for the peak")
            let peak = try await round(closed, 2 * number)
            let rate = Double(peak.count) / peak.seconds
            guard rate > 0 else { throw JSONClient.UnexpectedAnswer(description: "no certificate was issued") }
            Progress.show("round \(number) of \(rounds), \(Int(duration.seconds)) s at \(Int(factor * rate)) a second")
            let generator = LoadGenerator(requests: requests, connections: offering, rate: factor * rate)
            measured.append(
                OverloadReport.Round(peak: rate, overload: try await round(generator, 2 * number + 1)))
        }
        return OverloadReport(rounds: measured, connections: offering, factor: factor)
    }

    private func warmUp(_ generator: LoadGenerator) async throws {
        Progress.show("warming up")
        _ = try await generator.run(for: .seconds(1), first: 0, on: group)
    }

    private func round(_ generator: LoadGenerator, _ number: Int) async throws -> IssueRound {
        try await IssueRound.run(
            generator, duration, first: number * 1009, on: group, plan: plan, processID: target.processID,
            metricsURL: target.metricsURL)
    }
}
