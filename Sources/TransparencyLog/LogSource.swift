/// Where a log's entries and tiles can be read.
package protocol LogSource: Sendable {
    /// Runs `body` on one unchanging view of all that is committed, off the cooperative pool.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any LogSnapshot) throws -> Value
    ) async throws -> Value

    /// The room on the volume that the log lies on, or on its guard's when only that one is short; nil when unknown.
    func space() -> VolumeSpace?
}
