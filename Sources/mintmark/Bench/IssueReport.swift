internal import OpenSSL
internal import StrictJSON

/// What several rounds of load say together.
struct IssueReport: Sendable {
    let rounds: [IssueRound]
    let plan: BenchPlan
    let connections: Int
    let rate: Double?
    let proof: PreparedRequests.Proof
    /// The processors that the server may use; nil for all.
    let cores: Int?

    private var perSecond: Statistics { Statistics(rounds.map { Double($0.count) / $0.seconds }) }

    private var cpuPerIssuance: Statistics? {
        statistics { round in round.cpuSeconds.map { $0 / Double(max(1, round.count)) } }
    }

    /// The part of the server's processor time that the bound accounts for.
    private var share: Statistics? {
        statistics { round in
            round.cpuSeconds.flatMap { cpu in
                cpu > 0 ? round.bound.secondsPerIssuance * Double(round.count) / cpu : nil
            }
        }
    }

    private var perCPUSecond: Statistics? {
        statistics { round in round.cpuSeconds.flatMap { $0 > 0 ? Double(round.count) / $0 : nil } }
    }

    private var syncsPerIssuance: Statistics? {
        statistics { round in round.syncCount.map { $0 / Double(max(1, round.count)) } }
    }

    private var bound: Statistics { Statistics(rounds.map(\.bound.secondsPerIssuance)) }

    private var outcomes: [(String, Int)] { Self.outcomes(of: rounds) }

    /// How many answers of each status, and errors of each kind, all rounds had.
    static func outcomes(of rounds: [IssueRound]) -> [(String, Int)] {
        rounds.reduce(into: [String: Int]()) { $0.merge($1.load.outcomes, uniquingKeysWith: +) }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static let percentiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)]

    private func latency(_ share: Double) -> Statistics { Statistics(rounds.map { $0.load.percentile(share) }) }

    private func statistics(_ value: (IssueRound) -> Double?) -> Statistics? {
        let values = rounds.compactMap(value)
        return values.isEmpty ? nil : Statistics(values)
    }

    /// For people.
    var text: String {
        var lines = [
            "\(connections) connections, \(rate.map { "\($0) requests a second offered" } ?? "closed loop"), "
                + "\(rounds.count == 1 ? "1 round" : "\(rounds.count) rounds"), "
                + "\(plan.token.rawValue) tokens, \(plan.client.rawValue) keys; "
                + "medians (min to max)",
            "  \(Self.whole(perSecond))  certificates a second",
        ]
        for (name, share) in Self.percentiles { lines.append("  \(latency(share).microseconds)  µs, \(name)") }
        if let cpuPerIssuance {
            lines.append("  \(cpuPerIssuance.microseconds)  µs of the server's processor time each")
        }
        lines.append("  \(bound.microseconds)  µs of it are the bound: the cryptography alone, measured in this run")
        if let share { lines.append("  \(Self.percent(share))  share of the bound") }
        if let perCPUSecond { lines.append("  \(Self.whole(perCPUSecond))  certificates a second of processor time") }
        if let syncsPerIssuance { lines.append("  \(syncsPerIssuance.thousandths)  syncs for each certificate") }
        if let peak = rounds.compactMap(\.peakResidentByteCount).max() {
            lines.append("  \(peak >> 20) MiB peak memory of the server")
        }
        lines.append("  answers: " + outcomes.map { "\($0.1) × \($0.0)" }.joined(separator: ", "))
        return lines.joined(separator: "\n")
    }

    /// For programs; seconds throughout.
    var json: JSONValue {
        var members = [
            JSONMember(name: "connections", value: .integer(Int64(connections))),
            JSONMember(name: "rate", value: rate.map { .real($0) } ?? .null),
            JSONMember(name: "rounds", value: .integer(Int64(rounds.count))),
            JSONMember(name: "token", value: .string(plan.token.rawValue)),
            JSONMember(name: "ca_key", value: .string(plan.authority == .p384 ? "p384" : "p256")),
            JSONMember(name: "client_key", value: .string(plan.client.rawValue)),
            JSONMember(name: "proof", value: .string(proof.rawValue)),
            JSONMember(name: "cores", value: cores.map { .integer(Int64($0)) } ?? .null),
            JSONMember(name: "certificates_per_second", value: perSecond.json),
            JSONMember(
                name: "latency_seconds",
                value: .object(Self.percentiles.map { JSONMember(name: $0.0, value: latency($0.1).json) })),
            JSONMember(name: "cpu_seconds_each", value: cpuPerIssuance?.json ?? .null),
            JSONMember(name: "certificates_per_cpu_second", value: perCPUSecond?.json ?? .null),
            JSONMember(name: "syncs_each", value: syncsPerIssuance?.json ?? .null),
            JSONMember(name: "bound_seconds_each", value: bound.json),
            JSONMember(name: "share_of_bound", value: share?.json ?? .null),
        ]
        let peak = rounds.compactMap(\.peakResidentByteCount).max()
        members.append(JSONMember(name: "peak_resident_bytes", value: peak.map { .integer(Int64($0)) } ?? .null))
        members.append(
            JSONMember(
                name: "answers", value: .object(outcomes.map { JSONMember(name: $0.0, value: .integer(Int64($0.1))) })))
        return .object(members)
    }

    private static func whole(_ value: Statistics) -> String {
        "\(Int(value.median.rounded())) (\(Int(value.least.rounded())) to \(Int(value.greatest.rounded())))"
    }

    private static func percent(_ value: Statistics) -> String {
        func text(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
        return "\(text(value.median)) (\(text(value.least)) to \(text(value.greatest)))"
    }
}
