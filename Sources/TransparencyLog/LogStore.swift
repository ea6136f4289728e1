package import OpenSSL

/// Where a log keeps its tree.
///
/// The contract that everything rests on (I8): of all the batches that were built on one head, at most one is ever
/// committed, whatever the number of processes, locks and clocks.
package protocol LogStore: LogSource {
    /// The committed end of the log as it was found when the store was opened.
    var initialState: LogState { get }

    /// The state in which the log was found; only `frozen` and `closed` are remembered.
    var initialCondition: LogCondition { get }

    /// What is kept about witnesses; nil for a store that keeps nothing of them.
    var witnessRecords: (any WitnessRecords)? { get }

    /// Writes a batch durably if the head is still the one it was built on, and else leaves everything as it was.
    ///
    /// When it returns, the batch survives a power cut.
    func commit(_ batch: LogBatch) async throws(CommitFailure)

    /// Runs `body` like `read`, but waits for no other reader.
    ///
    /// Only for whoever commits, and it takes turns with `commit`: public reads, however many, cannot delay it.
    func readForCommit<Value: Sendable>(
        _ body: @escaping @Sendable (any LogSnapshot) throws -> Value
    ) async throws -> Value

    /// What the store has done since it was opened.
    var counts: StoreCounts { get }

    /// Work that can wait until nobody waits for a commit, such as moving the write-ahead log into the database.
    func maintain() async throws

    /// Marks the log so that no process writes to it any more until an operator has looked; idempotent.
    ///
    /// No commit that begins after this call was made goes through, even when the mark itself cannot be written.
    func freeze(reason: String) async throws

    /// Marks the log so that nothing is ever written to it again, and writes down who did it and why; reads go on.
    ///
    /// No commit that begins after this call was made goes through. When it returns, the mark survives a power cut.
    func closeForGood(actor: String, reason: String, now: Timestamp) async throws

    /// Ends after a last batch; everything is in one file afterwards.
    func close() async throws

    /// Ends after a failure without touching what is stored: only the next start can tell what is there (I12).
    func abandon() async
}

extension LogStore {
    /// A store that remembers no state serves.
    package var initialCondition: LogCondition { .starting }

    /// A store that does not count has nothing to say.
    package var counts: StoreCounts { StoreCounts() }

    /// A store keeps nothing of witnesses unless it says otherwise.
    package var witnessRecords: (any WitnessRecords)? { nil }
}
