internal import StrictJSON

/// What a server does that is asked for more than it can do.
struct OverloadReport: Sendable {
    /// One comparison: what the server can do, and what is left of it when more is asked for.
    struct Round: Sendable {
        /// Good answers a second in a closed loop.
        let peak: Double
        /// The round at a multiple of that rate, with how many requests a second were really sent.
        let overload: IssueRound

        /// Requests a second that were sent and answered in any way.
        var answered: Double { Double(overload.load.outcomes.values.reduce(0, +)) / overload.seconds }
        /// Good answers as a share of the peak.
        var share: Double { peak > 0 ? Double(overload.count) / overload.seconds / peak : 0 }
    }

    let rounds: [Round]
    let connections: Int
    /// How many times the peak was offered.
    let factor: Double

    private func statistics(_ value: (Round) -> Double) -> Statistics { Statistics(rounds.map(value)) }

    private var figures: [(name: String, words: String, value: Statistics, isTime: Bool)] {
        func refusal(_ share: Double) -> Statistics {
            statistics { LoadResult.percentile(share, of: $0.overload.load.refusalSeconds) }
        }
        return [
            ("peak_per_second", "good answers a second at the peak", statistics(\.peak), false),
            ("answered_per_second", "requests a second that were answered in any way", statistics(\.answered), false),
            ("good_share_of_peak", "good answers as a share of the peak", statistics(\.share), false),
            ("good_p50_seconds", "µs until a good answer, p50", statistics { $0.overload.load.percentile(0.5) }, true),
            ("good_p99_seconds", "µs until a good answer, p99", statistics { $0.overload.load.percentile(0.99) }, true),
            ("refusal_p50_seconds", "µs until a refusal, p50", refusal(0.5), true),
            ("refusal_p99_seconds", "µs until a refusal, p99", refusal(0.99), true),
        ]
    }

    private var outcomes: [(String, Int)] {
        rounds.reduce(into: [String: Int]()) { $0.merge($1.overload.load.outcomes, uniquingKeysWith: +) }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private var peakResidentByteCount: Int? { rounds.compactMap(\.overload.peakResidentByteCount).max() }

    /// For people.
    var text: String {
        let count = rounds.count == 1 ? "1 round" : "\(rounds.count) rounds"
        var lines = ["\(connections) connections, \(factor) times the peak asked for, \(count); medians (min to max)"]
        lines += figures.map { "  \($0.isTime ? $0.value.microseconds : $0.value.thousandths)  \($0.words)" }
        if let peakResidentByteCount { lines.append("  \(peakResidentByteCount >> 20) MiB peak memory of the server") }
        lines.append("  answers: " + outcomes.map { "\($0.1) × \($0.0)" }.joined(separator: ", "))
        return lines.joined(separator: "\n")
    }

    /// For programs; seconds throughout.
    var json: JSONValue {
        let answers = outcomes.map { JSONMember(name: $0.0, value: .integer(Int64($0.1))) }
        return .object(
            figures.map { JSONMember(name: $0.name, value: $0.value.json) } + [
                JSONMember(name: "connections", value: .integer(Int64(connections))),
                JSONMember(name: "offered_factor", value: .real(factor)),
                JSONMember(name: "rounds", value: .integer(Int64(rounds.count))),
                JSONMember(
                    name: "peak_resident_bytes", value: peakResidentByteCount.map { .integer(Int64($0)) } ?? .null),
                JSONMember(name: "answers", value: .object(answers)),
            ])
    }
}
