internal import Foundation
internal import OpenSSL
internal import Server

/// Directories that go away with the command that made them.
enum TemporaryDirectory {
    /// Makes a fresh directory with mode 0700 below TMPDIR, or /tmp; its name begins with `prefix`.
    static func create(_ prefix: String) throws -> String {
        let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let path = "\(base)/\(prefix)-\(try RandomBytes.generate(count: 6).hexadecimal)"
        try PrivateFile.createDirectory(path)
        return path
    }
}
