internal import OpenSSL

/// What tells one state of a file from another without reading it; links are followed, in every part of the path.
struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let byteCount: Int64
    private let seconds: Int64
    private let nanoseconds: Int64

    /// The state of the file at a path; nil when there is none that can be seen.
    init?(_ path: String) {
        guard let status = FileStatus(path) else { return nil }
        (device, inode, byteCount) = (status.device, status.inode, status.byteCount)
        (seconds, nanoseconds) = (status.modifiedSeconds, status.modifiedNanoseconds)
    }

    /// The states of several files; one that is missing has none.
    static func all(_ paths: [String]) -> [String: FileStamp] {
        paths.reduce(into: [:]) { stamps, path in stamps[path] = FileStamp(path) }
    }
}
