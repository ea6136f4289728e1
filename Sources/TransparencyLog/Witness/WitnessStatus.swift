package import OpenSSL

/// How one witness does, for metrics and whoever looks after the server.
package struct WitnessStatus: Hashable, Sendable {
    /// How asking ended.
    package enum Result: String, CaseIterable, Sendable {
        /// With a cosignature that verifies.
        case cosigned
        /// With another status than the protocol's good ones.
        case refused
        /// Without an answer, or with one that is too late or too long.
        case unreachable
        /// With an answer that cannot be used, such as a cosignature that does not verify.
        case unusable
        /// With a larger size than any head of ours has.
        case ahead
        /// With the statement that our tree is not the one it knows.
        case contradicted
    }

    /// What the policy calls it.
    package let name: String

    /// How often asking ended in each way since the start.
    package internal(set) var counts: [Result: UInt64] = [:]

    /// The size that it has last cosigned; nil when it never did.
    package internal(set) var size: TreeSize?

    /// When it last cosigned; nil when not since the start.
    package internal(set) var lastSuccess: Timestamp?

    /// When it was last asked in vain, with no success since; nil when the last try succeeded.
    package internal(set) var failingSince: Timestamp?
}
