internal import Foundation
import Glibc
internal import OpenSSL

/// Why a file or directory could not be used, in one line.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    /// What the operating system said last about a path.
    static func last(_ path: String) -> FileError {
        FileError("\(path): \(reason(errno))")
    }

    /// The operating system's words for an error number.
    static func reason(_ number: Int32) -> String {
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}

/// Files that hold keys: written once with mode 0600, read only when nobody else can.
package enum PrivateFile {
    /// Who may read a file that we read.
    package enum Readers: Sendable {
        /// Anyone: the file is public.
        case anyone
        /// The owner alone; a file that group or others may read, or a symbolic link, is refused.
        case ownerOnly
        /// The owner and the group, also through symbolic links, as secrets are mounted into containers.
        case ownerAndGroup

        /// The permissions that a file must not give.
        fileprivate var forbidden: UInt32 {
            switch self {
            case .anyone: 0
            case .ownerOnly: 0o077
            case .ownerAndGroup: 0o007
            }
        }
    }

    /// The longest file that is read, in octets.
    private static let maximumByteCount = 1 << 20

    /// Writes a new file with mode 0600 and makes its content durable; throws when one is there already.
    ///
    /// The name in its directory is durable after `synchronizeDirectory`.
    package static func create(_ path: String, _ bytes: [UInt8]) throws(FileError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .last(path) }
        defer { close(descriptor) }
        guard DescriptorOutput.write(bytes, to: descriptor) else { throw .last(path) }
        guard fsync(descriptor) == 0 else { throw .last(path) }
    }

    /// Reads a whole regular file of at most 1 MiB.
    ///
    /// What may read it is checked on the opened file, so that it cannot be exchanged in between.
    package static func read(_ path: String, readers: Readers) throws(FileError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | (readers == .ownerOnly ? O_NOFOLLOW : 0))
        guard descriptor >= 0 else { throw .last(path) }
        defer { close(descriptor) }
        guard let status = FileStatus(descriptor: descriptor) else { throw .last(path) }
        guard status.isRegular else { throw FileError("\(path): not a regular file") }
        guard !status.permits(readers.forbidden) else {
            throw FileError(
                readers == .ownerOnly
                    ? "\(path): others than its owner may read this key; run: chmod 600 \(path)"
                    : "\(path): everybody may read or write this key; run: chmod o= \(path)")
        }
        return try readToEnd(descriptor, path)
    }

    /// Reads a public file that must be UTF-8; a byte sequence that is not is a mistake.
    static func readText(_ path: String) throws -> String {
        guard let text = String(validating: try read(path, readers: .anyone), as: UTF8.self) else {
            throw ConfigurationMistakes(["\(path): not UTF-8"])
        }
        return text
    }

    /// The first octets of a file, fewer when it is shorter.
    static func prefix(_ path: String, count: Int) throws(FileError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last(path) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: count)
        let length = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard length >= 0 else { throw .last(path) }
        return Array(buffer.prefix(length))
    }

    /// Reads what an open descriptor holds, at most 1 MiB.
    package static func readToEnd(_ descriptor: Int32, _ name: String) throws(FileError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        defer { buffer.cleanse() }
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .last(name) }
            if count == 0 { return bytes }
            bytes += buffer.prefix(count)
            guard bytes.count <= maximumByteCount else { throw FileError("\(name): larger than 1 MiB") }
        }
    }

    /// Whether others than its owner may read a file; false when it is not there.
    package static func isReadableByOthers(_ path: String) -> Bool {
        FileStatus(path)?.permits(0o077) ?? false
    }

    /// Whether everybody may write to a file or directory; false when it is not there.
    package static func isWritableByOthers(_ path: String) -> Bool {
        FileStatus(path)?.permits(0o002) ?? false
    }

    /// One line for each of these files and directories that everybody may write to.
    static func exposureMistakes(_ paths: [String]) -> [String] {
        paths.filter(isWritableByOthers).map { "\($0): anybody may write to it; run: chmod o-w \($0)" }
    }

    /// The directory that a path's last part lies in.
    static func parent(of path: String) -> String {
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        return path.hasPrefix("/") ? "/\(parent)" : (parent.isEmpty ? "." : parent)
    }

    /// Whether something is at a path.
    package static func exists(_ path: String) -> Bool {
        FileStatus(path, followsLinks: false) != nil
    }

    /// Makes a directory with mode 0700; throws when something is there already.
    package static func createDirectory(_ path: String) throws(FileError) {
        guard unsafe mkdir(path, 0o700) == 0 else { throw .last(path) }
    }

    /// Makes a directory with mode 0700 and a name of its own where temporary files go; returns its path.
    package static func createTemporaryDirectory(prefix: String) throws -> String {
        let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let path = "\(base)/\(prefix)-\(try RandomBytes.generate(count: 6).hexadecimal)"
        try createDirectory(path)
        return path
    }

    /// Removes a directory and what is in it, as far as it can be.
    package static func removeDirectory(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Throws unless `replace` could write this file now; leaves what is there as it is.
    package static func checkReplaceable(_ path: String) throws(FileError) {
        let draft = "\(path).new"
        unsafe unlink(draft)
        try create(draft, [])
        unsafe unlink(draft)
    }

    /// Writes a file with mode 0600 in place of the one that is there, if any: a reader finds the old or the new one.
    ///
    /// The bytes wait in a file beside it, whose name ends in `.new-` and something random. It is removed after an
    /// error; a process that is killed leaves it.
    package static func replace(_ path: String, _ bytes: [UInt8]) throws(FileError) {
        let suffix: String
        do { suffix = try RandomBytes.generate(count: 6).hexadecimal } catch {
            throw FileError("\(path): no random name for its draft: \(error)")
        }
        let draft = "\(path).new-\(suffix)"
        do throws(FileError) {
            try create(draft, bytes)
            guard unsafe Glibc.rename(draft, path) == 0 else { throw FileError.last(path) }
        } catch {
            // What somebody else has under the name was not made here; with 48 random bits nobody does.
            unsafe unlink(draft)
            throw error
        }
        try synchronizeDirectory(parent(of: path))
    }

    /// Removes a name that is a regular file's, never what a link leads to, and nothing else.
    package static func removeFile(_ path: String) {
        guard FileStatus(path, followsLinks: false)?.isRegular == true else { return }
        unsafe unlink(path)
    }

    /// The path from the root of the file system, for a path from the working directory.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    /// Gives a finished directory its name and makes that durable.
    ///
    /// Throws when the name is taken, and leaves nothing under it then.
    package static func rename(_ source: String, to target: String) throws(FileError) {
        // mkdir fails when the name is taken meanwhile; rename then replaces the empty directory that is ours.
        try createDirectory(target)
        guard unsafe Glibc.rename(source, target) == 0 else {
            let error = FileError.last(target)
            unsafe rmdir(target)
            throw error
        }
        try synchronizeDirectory(parent(of: target))
    }

    /// Makes the names in a directory durable.
    package static func synchronizeDirectory(_ path: String) throws(FileError) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .last(path) }
    }
}
