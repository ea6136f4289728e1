import Synchronization

/// The URL of a listener, known once its socket is bound.
///
/// Resolved once, by success or by failure; everybody who asked before is told then. The waiting list is as long as
/// the number of tasks that wait.
final class ListeningAddress: Sendable {
    private struct State {
        var outcome: Result<String, any Error>?
        var waiters: [UInt64: CheckedContinuation<String, any Error>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Waits for the URL.
    ///
    /// Throws the reason when the listener never came up, and `CancellationError` when the waiting task is cancelled.
    func url() async throws -> String {
        let waiter = state.withLock { state in
            state.nextWaiter &+= 1
            return state.nextWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                add(continuation, as: waiter)
            }
        } onCancel: {
            remove(waiter)?.resume(throwing: CancellationError())
        }
    }

    /// Settles the outcome; later calls change nothing.
    func resolve(_ outcome: Result<String, any Error>) {
        let waiters = state.withLock { state in
            guard state.outcome == nil else { return [CheckedContinuation<String, any Error>]() }
            state.outcome = outcome
            defer { state.waiters.removeAll() }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(with: outcome) }
    }

    private func add(_ continuation: CheckedContinuation<String, any Error>, as waiter: UInt64) {
        let outcome: Result<String, any Error>? = state.withLock { state in
            if let outcome = state.outcome { return outcome }
            // The cancellation handler takes the same lock after the flag is set: a cancellation is seen either
            // here or there, never by neither.
            if Task.isCancelled { return .failure(CancellationError()) }
            state.waiters[waiter] = continuation
            return nil
        }
        if let outcome { continuation.resume(with: outcome) }
    }

    private func remove(_ waiter: UInt64) -> CheckedContinuation<String, any Error>? {
        state.withLock { $0.waiters.removeValue(forKey: waiter) }
    }
}
