internal import Foundation
internal import Glibc

/// What the kernel counted for one process (proc(5)).
struct ProcessUsage: Sendable {
    /// Seconds of processor time, in user and kernel mode.
    let cpuSeconds: Double
    /// The most memory that was ever resident, in octets.
    let peakResidentByteCount: Int

    /// Reads the counters; nil when the process is gone or another user's.
    init?(processID: Int32) {
        guard let stat = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8),
            let status = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8),
            // The command's name stands in parentheses and may hold anything; the numbers follow the last one.
            let end = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[end...].split(separator: " ").dropFirst().compactMap { UInt64($0) ?? 0 }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        guard fields.count > 12, ticks > 0 else { return nil }
        // Fields 14 and 15 of the file; the first after the name is the third.
        cpuSeconds = Double(fields[11] + fields[12]) / ticks
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split(separator: " ")
        peakResidentByteCount = (peak?.dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
}
