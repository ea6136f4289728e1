package import TransparencyLog

/// Why the log could not do its part; nothing the sender did.
package enum LogFailure: Error {
    /// The entry is not known to be in the tree.
    case notSequenced(SubmissionFailure)
    /// The entry is in the tree, but the timestamp over it could not be signed.
    case notSigned(any Error)
    /// The log was created for other roots than the CA uses; see `LocalLog.open`.
    case rootNotAccepted
    /// A log without accepted roots would refuse everything.
    case noRoots

    /// Seconds after which another try is worth it; nil when this process will not recover.
    package var retryAfter: Int? {
        switch self {
        case .notSequenced(.queueFull(let seconds)), .notSequenced(.temporarilyUnavailable(let seconds)): seconds
        // An operator has to look first, but clients need not be told that it is for ever.
        case .notSequenced(.frozen): 30
        case .notSequenced, .notSigned, .rootNotAccepted, .noRoots: nil
        }
    }
}
