/// What a log has accepted and not yet put into its tree.
package struct QueueLoad: Hashable, Sendable {
    /// Submissions that no batch has taken yet.
    package let queuedCount: Int

    /// Callers that wait for an entry, those of the batch under way included.
    package let waitingCount: Int
}
