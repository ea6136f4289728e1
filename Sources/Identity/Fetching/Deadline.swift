/// Runs an operation for at most a length of time.
///
/// The operation is cancelled when the time is over, and has to heed it: this returns when the operation does.
func withDeadline<Success: Sendable>(
    _ limit: Duration, _ operation: @escaping @Sendable () async -> Result<Success, FetchFailure>
) async throws(FetchFailure) -> Success {
    let result = await withTaskGroup(of: Result<Success, FetchFailure>.self) { group in
        group.addTask(operation: operation)
        group.addTask {
            try? await Task.sleep(for: limit)
            return .failure(.timedOut)
        }
        defer { group.cancelAll() }
        return await group.next() ?? .failure(.timedOut)
    }
    return try result.get()
}
