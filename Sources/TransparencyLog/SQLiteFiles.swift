internal import Glibc

/// The names of the files that make up one store.
struct SQLiteFiles: Hashable, Sendable {
    /// The database.
    let database: String

    /// The file that says that a process has the store open.
    var lock: String { database + "-lock" }

    /// The write-ahead log; gone after a stop in good order.
    var writeAheadLog: String { database + "-wal" }

    /// Where the guard file is unless the operator says otherwise.
    var defaultGuard: String { database + "-guard" }

    /// Whether committed pages still wait in the write-ahead log: the last process did not end in good order.
    var isAfterUncleanStop: Bool {
        ((try? Self.byteCount(writeAheadLog)) ?? 0) > 0
    }

    /// The directory of all of them.
    var directory: String {
        guard let slash = database.lastIndex(of: "/") else { return "." }
        return slash == database.startIndex ? "/" : String(database[..<slash])
    }

    /// Makes an empty file that only its owner can read and write; throws when there is one.
    static func create(_ path: String) throws(StoreRefusal) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        guard close(descriptor) == 0 else { throw failure(path) }
    }

    /// The number of bytes of a file; throws when there is none.
    static func byteCount(_ path: String) throws(StoreRefusal) -> Int {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw failure(path) }
        return Int(status.st_size)
    }

    /// Makes the database file and its name survive a power cut.
    func synchronize() throws(StoreRefusal) {
        let descriptor = unsafe open(database, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(database) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure(database) }
        try synchronizeDirectory()
    }

    /// Makes the names in the directory survive a power cut.
    func synchronizeDirectory() throws(StoreRefusal) {
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.failure(directory) }
    }

    /// The room on the volume; nil when unknown.
    func space() -> VolumeSpace? {
        var status = statvfs()
        guard unsafe statvfs(directory, &status) == 0 else { return nil }
        let (free, isFreeHuge) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        let (total, isTotalHuge) = UInt64(status.f_blocks).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isFreeHuge || isTotalHuge ? nil : VolumeSpace(freeByteCount: free, totalByteCount: total)
    }

    /// What the last call to the operating system complained about.
    static func failure(_ path: String) -> StoreRefusal {
        switch errno {
        case EEXIST: .alreadyExists(path: path)
        case ENOENT, ENOTDIR: .missing(path: path)
        default: .unreadable(path: path, reason: unsafe String(cString: strerror(errno)))
        }
    }
}
