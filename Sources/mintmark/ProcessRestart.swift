internal import Server
import Glibc

/// Starts the program anew with a setting that only counts from its first moment on.
enum ProcessRestart {
    private static let variable = "SWIFT_BACKTRACE"

    /// Executes the program once more, as the same process, unless the reports of crashes are off already.
    ///
    /// A report would print memory, and memory holds keys and tokens. When the new execution cannot begin, this returns
    /// and the program goes on as it is. It cannot happen twice: the variable is set in the environment handed over.
    static func withoutBacktraces() {
        guard !isOff(setting), unsafe setenv(variable, "enable=no", 1) == 0, isOff(setting) else { return }
        var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = unsafe path.withUnsafeMutableBufferPointer { buffer -> Int in
            guard let start = buffer.baseAddress else { return 0 }
            return unsafe readlink("/proc/self/exe", start, buffer.count - 1)
        }
        // By its own name, so that a list of processes shows it.
        if count > 0 { unsafe execv(path, CommandLine.unsafeArgv) }
        // The file was replaced or has no name any more.
        unsafe execv("/proc/self/exe", CommandLine.unsafeArgv)
        StandardError.report("warning: reports of crashes stay on; set \(variable)=enable=no")
    }

    private static var setting: String? {
        let value: UnsafeMutablePointer<CChar>? = unsafe getenv(variable)
        return unsafe value.map { unsafe String(cString: $0) }
    }

    /// Whether a value of the variable turns the reports off, in the runtime's own words.
    static func isOff(_ value: String?) -> Bool {
        (value ?? "").split(separator: ",").last { $0.hasPrefix("enable=") }.map { $0 == "enable=no" } ?? false
    }
}
