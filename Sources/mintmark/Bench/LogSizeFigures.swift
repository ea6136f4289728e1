internal import StrictJSON

/// What was measured of one log at one size.
struct LogSizeFigures: Sendable {
    /// Entries when the server was started.
    let size: UInt64
    let growth: LogGrowth
    /// Octets of the database, with its write-ahead log, after a stop in good order.
    let byteCount: Int64
    /// Seconds from the start of the process until it could issue, after a stop in good order and after a kill.
    let cleanStart: Double
    let uncleanStart: Double
    /// Octets that were resident right after the start, and the most that ever were, the load included.
    let residentByteCount: Int
    let peakResidentByteCount: Int
    let reads: LogReads
    /// Processor seconds a second that the server used while nobody asked it anything.
    let idleCPU: Double
    /// A short closed loop of issuances at this size.
    let issuing: IssueRound

    /// Processor seconds of the server for each certificate, without what it uses while idle.
    var cpuPerIssuance: Double {
        ((issuing.cpuSeconds ?? 0) - idleCPU * issuing.seconds) / Double(max(1, issuing.count))
    }

    private var entriesPerSecond: Double { growth.seconds > 0 ? Double(growth.count) / growth.seconds : 0 }

    private var appendCPU: Double { growth.cpuSeconds / Double(max(1, growth.count)) }

    /// For people.
    var text: String {
        var rows = Rows()
        rows.add("appended", "\(growth.count) in \(growth.batchCount) batches, \(Int(entriesPerSecond)) a second")
        rows.add("append", "\(Self.microseconds(appendCPU)) µs of processor time each")
        rows.add(
            "on disk", "\(byteCount) octets, \(byteCount / Int64(max(1, size))) an entry of \(growth.recordByteCount)")
        rows.add(
            "start",
            "\(Self.milliseconds(cleanStart)) ms after a stop, \(Self.milliseconds(uncleanStart)) ms after a kill")
        rows.add("memory", "\(residentByteCount >> 20) MiB after the start, \(peakResidentByteCount >> 20) MiB at most")
        for kind in LogReads.Kind.allCases {
            guard let result = reads.results[kind] else { continue }
            let (middle, tail) = (result.percentile(0.5), result.percentile(0.99))
            rows.add(kind.words, "p50 \(Self.milliseconds(middle)) ms, p99 \(Self.milliseconds(tail)) ms")
        }
        rows.add(
            "issuing",
            "\(Self.microseconds(cpuPerIssuance)) µs of processor time each, "
                + "\(Self.microseconds(issuing.bound.secondsPerIssuance)) µs of it the bound")
        rows.add("idle", "\(Self.milliseconds(idleCPU)) ms of processor time a second")
        return "\(size) entries\n\(rows.text())"
    }

    /// For programs; seconds and octets throughout.
    var json: JSONValue {
        let reads = LogReads.Kind.allCases.compactMap { kind in
            self.reads.results[kind].map { result in
                JSONMember(
                    name: kind.rawValue,
                    value: [
                        "count": .integer(Int64(result.seconds.count)), "p50": .real(result.percentile(0.5)),
                        "p99": .real(result.percentile(0.99)),
                    ])
            }
        }
        return [
            "tree_size": .integer(Int64(clamping: size)),
            "append": [
                "entries": .integer(Int64(clamping: growth.count)), "batches": .integer(Int64(growth.batchCount)),
                "seconds": .real(growth.seconds), "entries_per_second": .real(entriesPerSecond),
                "cpu_seconds_each": .real(appendCPU), "record_bytes": .integer(Int64(growth.recordByteCount)),
            ],
            "disk_bytes": .integer(byteCount),
            "start_seconds": ["after_stop": .real(cleanStart), "after_kill": .real(uncleanStart)],
            "resident_bytes": [
                "after_start": .integer(Int64(residentByteCount)),
                "peak": .integer(Int64(peakResidentByteCount)),
            ],
            "read_seconds": .object(reads),
            "idle_cpu": .real(idleCPU),
            "issuing": [
                "certificates": .integer(Int64(issuing.count)), "seconds": .real(issuing.seconds),
                "cpu_seconds_each": .real(cpuPerIssuance),
                "bound_seconds_each": .real(issuing.bound.secondsPerIssuance),
            ],
        ]
    }

    private static func microseconds(_ seconds: Double) -> String { "\(Int((seconds * 1e6).rounded()))" }

    private static func milliseconds(_ seconds: Double) -> String { "\((seconds * 1e4).rounded() / 10)" }
}
