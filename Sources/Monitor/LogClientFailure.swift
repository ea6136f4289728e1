internal import CertificateTransparency

/// Why a log did not give what was asked of it; each names the path below the log's base.
package enum LogClientFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// No answer came, or it broke off.
    case unreachable(path: String, reason: String)
    /// The whole answer did not come in time.
    case timedOut(path: String)
    /// The answer has another status than 200.
    case status(path: String, code: UInt)
    /// The answer sends us elsewhere, which is not followed.
    case redirected(path: String)
    /// The answer is longer than any good one.
    case tooLong(path: String, limit: Int)
    /// The answer is not what it must be.
    case malformed(path: String, what: String)

    package var description: String {
        switch self {
        case .unreachable(let path, let reason): "\(path): no answer: \(reason)"
        case .timedOut(let path): "\(path): no whole answer in time"
        case .status(let path, let code): "\(path): the answer has status \(code)"
        case .redirected(let path): "\(path): the answer is a redirect, which is not followed"
        case .tooLong(let path, let limit): "\(path): the answer is longer than \(limit) octets"
        case .malformed(let path, let what): "\(path): \(what)"
        }
    }

    /// Whether the log said that there is no such thing.
    package var isNotFound: Bool {
        if case .status(_, let code) = self { [404, 405, 410].contains(code) } else { false }
    }
}
