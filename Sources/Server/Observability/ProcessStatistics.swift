internal import Foundation
import Glibc
internal import OpenSSL

/// What the operating system says about this process (proc(5)).
struct ProcessStatistics: Hashable, Sendable {
    /// Seconds of processor time, user and system.
    let processorSeconds: Double

    /// When the process started, in seconds since the epoch.
    let startSeconds: Double

    /// Virtual memory in octets.
    let virtualByteCount: Double

    /// Resident memory in octets.
    let residentByteCount: Double

    /// Open files.
    let openFileCount: Int?

    /// The most files that may be open.
    let maximumFileCount: Double?

    /// Reads them; nil where there is no `/proc`.
    init?(now: Timestamp, bootTime: Duration) {
        guard let bytes = try? PrivateFile.read("/proc/self/stat", readers: .anyone) else { return nil }
        // The second field is the program's name in parentheses, which may hold blanks and parentheses.
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace).map { Double($0) }
        func field(_ number: Int) -> Double? { fields.count > number - 3 ? fields[number - 3] : nil }
        guard let user = field(14), let system = field(15), let start = field(22), let virtual = field(23),
            let resident = field(24)
        else { return nil }
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        processorSeconds = (user + system) / ticks
        startSeconds = Double(now.milliseconds) / 1000 - (bootTime.seconds - start / ticks)
        virtualByteCount = virtual
        residentByteCount = resident * Double(max(1, sysconf(Int32(_SC_PAGESIZE))))
        openFileCount = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        var limit = rlimit()
        let isKnown = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        maximumFileCount = isKnown ? Double(limit.rlim_cur) : nil
    }
}

extension Duration {
    /// The length in seconds.
    var seconds: Double { self / .seconds(1) }
}
