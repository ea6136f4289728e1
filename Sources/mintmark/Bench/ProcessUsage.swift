internal import Foundation
internal import Glibc

/// What the kernel counted for one process (proc(5)).
struct ProcessUsage: Sendable {
    /// Seconds of processor time, in user and kernel mode.
    let cpuSeconds: Double
    /// The most memory that was ever resident, in octets.
    let peakResidentByteCount: Int
    /// The memory that is resident now, in octets.
    let residentByteCount: Int

    /// Of this process.
    static var own: ProcessUsage? { ProcessUsage(processID: getpid()) }

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
        peakResidentByteCount = Self.byteCount("VmHWM:", in: status)
        residentByteCount = Self.byteCount("VmRSS:", in: status)
    }

    /// The value of a line such as `VmRSS:  1234 kB`; 0 when there is none.
    private static func byteCount(_ name: String, in status: String) -> Int {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: " ")
        return (line?.dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
}
