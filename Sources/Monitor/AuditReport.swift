package import OpenSSL
package import TransparencyLog

/// What one run of an audit found.
package struct AuditReport: Sendable {
    /// The head that the log showed.
    package let head: LogHead

    /// The root that the entries make; nil when the audit ended before the last of them.
    package internal(set) var recomputedRoot: SHA256Digest?

    /// How many entries were read.
    package internal(set) var entryCount: UInt64 = 0

    /// What is wrong, in the order in which it was found; at most `RemoteAudit.maximumFindingCount`.
    package internal(set) var findings: [AuditFinding] = []

    /// The head of the last run, when the tree of this one was found to continue it.
    package internal(set) var consistentWith: TreeHead?

    /// Whether the log's own consistency proof between the two was verified.
    package internal(set) var hasConsistencyProof = false

    /// What to remember for the next run; nil when there is nothing that could be.
    package internal(set) var state: AuditState?

    /// Whether the head contradicts one that was seen before, or the entries below it.
    var isContradictory = false

    init(head: LogHead, state: AuditState?) {
        (self.head, self.state) = (head, state)
    }

    /// Whether nothing was wrong.
    package var isGood: Bool { findings.isEmpty }
}
