internal import OpenSSL
internal import Synchronization

/// The bearer token with which chains may be submitted to the log (transparency-log 4.3.1).
///
/// Only its digest is kept, so that comparing takes the same time whatever is sent.
final class SubmissionToken: ReloadableFiles {
    let name = "submission token"
    let watchedPaths: [String]

    /// Characters of the shortest token that is taken.
    static let minimumByteCount = 32

    private let path: String
    private let digest: Mutex<SHA256Digest>

    /// Reads the token on the first line of a file that others may not read; throws one line otherwise.
    init(path: String) throws {
        self.path = path
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
        guard line.count >= minimumByteCount, line.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ConfigurationMistakes([
                "\(path): no token of at least \(minimumByteCount) printable characters on the first line"
            ])
        }
        return SHA256Digest(hashing: Array(line))
    }
}
