import Glibc

/// What the system says of a file.
///
/// Stands in this target because none of its files is compiled beside a network library, whose own headers would
/// define the system's structure a second time.
package struct FileStatus: Hashable, Sendable {
    /// Which file system it lies on.
    package let device: UInt64
    /// Which file of that it is.
    package let inode: UInt64
    /// Its length in octets.
    package let byteCount: Int64
    /// When it was written last: whole seconds since 1970.
    package let modifiedSeconds: Int64
    /// The rest of that time in nanoseconds.
    package let modifiedNanoseconds: Int64
    /// Kind and permissions, as POSIX has them.
    private let mode: UInt32

    /// The file that a path leads to, or the link itself; nil when there is none that can be seen.
    package init?(_ path: String, followsLinks: Bool = true) {
        var status = stat()
        guard unsafe (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        self.init(status)
    }

    /// The file behind a descriptor; nil, with the reason in `errno`, when it cannot be told.
    package init?(descriptor: Int32) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        byteCount = Int64(status.st_size)
        modifiedSeconds = Int64(status.st_mtim.tv_sec)
        modifiedNanoseconds = Int64(status.st_mtim.tv_nsec)
        mode = UInt32(status.st_mode)
    }

    /// Whether it is a plain file: no directory, pipe or device.
    package var isRegular: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFREG) }

    /// Whether it is a link to another path, which only a status that follows no links says.
    package var isSymbolicLink: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFLNK) }

    /// Whether it is a device that takes octets, such as a terminal.
    package var isCharacterDevice: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFCHR) }

    /// Whether any of these permission bits is set.
    package func permits(_ bits: UInt32) -> Bool { mode & bits != 0 }
}
