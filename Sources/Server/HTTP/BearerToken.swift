internal import OpenSSL
internal import Synchronization

/// A secret that whoever asks must know (RFC 6750 §2.1), in a file that is read again while the server runs.
///
/// Only its digest is kept, so that comparing takes the same time whatever is sent.
final class BearerToken: ReloadableFiles {
    let name: String
    let watchedPaths: [String]

    /// Characters of the shortest token that is taken.
    static let minimumByteCount = 32

    private let path: String
    private let digest: Mutex<SHA256Digest>

    /// Reads the token on the first line of a file that others may not read; throws one line otherwise.
    ///
    /// `name` is what its readings are called in the server's log and in the audit stream.
    init(path: String, name: String) throws {
        (self.path, self.name) = (path, name)
        watchedPaths = [path]
        digest = Mutex(try Self.read(path))
    }

    func reload() throws {
        let read = try Self.read(path)
        digest.withLock { $0 = read }
    }

    /// Whether an `Authorization` field carries the token (RFC 6750 §2.1).
    func isCarried(by authorization: String?) -> Bool {
        guard let authorization else { return false }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
        let sent = SHA256Digest(hashing: Array(parts[1].utf8))
        return digest.withLock { ConstantTime.areEqual($0, sent) }
    }

    /// Whether an `Authorization` field claims to carry a bearer token, be it the right one or not.
    func isClaimed(by authorization: String?) -> Bool {
        authorization?.lowercased().hasPrefix("bearer") ?? false
    }

    private static func read(_ path: String) throws -> SHA256Digest {
        var bytes = try PrivateFile.read(path, readers: .ownerAndGroup)
        defer { bytes.cleanse() }
        let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
        guard line.count >= minimumByteCount, line.count <= 1024, line.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ConfigurationMistakes([
                "\(path): no token of \(minimumByteCount) to 1,024 printable characters on the first line"
            ])
        }
        return SHA256Digest(hashing: Array(line))
    }
}
