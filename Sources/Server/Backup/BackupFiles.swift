internal import Foundation
internal import OpenSSL
internal import Glibc

/// The files of a data directory or a backup, by what a backup has to do with them.
enum BackupFiles {
    /// What a backup does with a file.
    enum Role: Hashable, Sendable {
        /// Copied as it is.
        case plain
        /// Copied only when asked for.
        case key
        /// Copied by SQLite itself, so that the copy is whole.
        case database
        /// Left out: it belongs to the running log alone.
        case transient
    }

    /// The paths of all regular files below a directory, relative to it, sorted; throws for a symbolic link.
    static func list(_ directory: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory).sorted().filter { name in
            let path = "\(directory)/\(name)"
            guard let status = FileStatus(path, followsLinks: false) else { throw FileError.last(path) }
            guard !status.isSymbolicLink else {
                throw FileError("\(path): a symbolic link, whose target would not be in the backup")
            }
            return status.isRegular
        }
    }

    /// What a file is, by its name, and by its content where names do not tell.
    static func role(of name: String, in directory: String) throws -> Role {
        if name.hasSuffix(".sqlite") { return .database }
        if name.contains(".sqlite-") { return .transient }
        if name.hasSuffix("key.pem") { return .key }
        guard name.hasSuffix(".pem") else { return .plain }
        let blocks = PEM.blocks(in: try PrivateFile.read("\(directory)/\(name)", readers: .anyone)) ?? []
        return blocks.contains { $0.label.hasSuffix("PRIVATE KEY") } ? .key : .plain
    }

    /// The length and the digest of a file.
    static func measure(_ name: String, in directory: String) throws -> BackupManifest.File {
        let path = "\(directory)/\(name)"
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileError.last(path) }
        defer { close(descriptor) }
        var byteCount: UInt64 = 0
        let digest = try SHA256Digest.hashing {
            var piece = [UInt8](repeating: 0, count: 1 << 20)
            let count = unsafe piece.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw FileError.last(path) }
            byteCount += UInt64(count)
            return count == 0 ? nil : Array(piece.prefix(count))
        }
        return BackupManifest.File(path: name, byteCount: byteCount, digest: digest)
    }

    /// Makes a file that was just copied survive a power cut.
    static func synchronize(_ path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .last(path) }
    }
}
