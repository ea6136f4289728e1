internal import OpenSSL
internal import Glibc

/// Keeps what this process has in its memory out of crash reports, core files and other processes.
enum KeyProtection {
    /// Prepares the process for keys and passphrases.
    ///
    /// To be called before anything secret is read. May execute the program once more, as the same process.
    static func begin() {
        ProcessRestart.withoutBacktraces()
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        // A core file would hold the keys.
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        KeyMemory.forbidReading()
    }
}
