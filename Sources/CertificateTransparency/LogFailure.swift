package import OpenSSL
package import TransparencyLog

/// Why the log could not do its part; nothing the sender did.
package enum LogFailure: Error, CustomStringConvertible {
    /// The entry is not known to be in the tree.
    case notSequenced(SubmissionFailure)
    /// The entry is in the tree, but the timestamp over it could not be signed.
    case notSigned(any Error)
    /// The log was created for other roots than the CA uses; see `LocalLog.open`.
    case rootNotAccepted
    /// No shard takes certificates that expire at this time.
    case noShard(notAfter: Timestamp)
    /// A log without accepted roots would refuse everything.
    case noRoots

    /// Seconds after which another try is worth it; nil when this process will not recover.
    package var retryAfter: Int? {
        switch self {
        case .notSequenced(.queueFull(let seconds)), .notSequenced(.temporarilyUnavailable(let seconds)): seconds
        // An operator has to look first, but clients need not be told that it is for ever.
        case .notSequenced(.frozen), .noShard: 30
        case .notSequenced, .notSigned, .rootNotAccepted, .noRoots: nil
        }
    }

    /// The failure in words for whoever runs the log.
    package var description: String {
        switch self {
        case .notSequenced(let failure): "not sequenced: \(failure)"
        case .notSigned(let error): "not signed: \(error)"
        case .rootNotAccepted: "a root that the CA needs is not accepted"
        case .noShard(let notAfter):
            "no shard of the log takes certificates that expire at \(notAfter.rfc3339); make one with: "
                + "mintmark log rotate"
        case .noRoots: "a log without accepted roots would refuse everything"
        }
    }
}
