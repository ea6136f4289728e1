internal import Glibc

/// Keeps commands that change, or copy, the shards of a data directory apart from each other.
///
/// The kernel gives it back when the process ends, however it ends. The server takes no part: it only reads.
struct DirectoryLock: ~Copyable {
    /// How the directory is used.
    enum Use: Sendable {
        /// Read, beside others that read.
        case copying
        /// Changed, by nobody else.
        case changing
    }

    private let descriptor: Int32

    /// Takes the lock at once, or throws one line.
    init(_ directory: DataDirectory, for use: Use) throws(ConfigurationMistakes) {
        descriptor = unsafe open(directory.logs, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ConfigurationMistakes(["\(FileError.last(directory.logs))"]) }
        guard flock(descriptor, (use == .changing ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 else {
            close(descriptor)
            throw ConfigurationMistakes(["\(directory.path): another command changes or copies its shards; try again"])
        }
    }

    deinit {
        close(descriptor)
    }
}
