internal import Synchronization

/// One caller that waits for its entry, and may stop waiting at any moment.
final class Waiter: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<SequencedEntry, any Error>)
        case ended
    }

    private let state = Mutex<State>(.new)

    /// Begins to wait; a caller that was cancelled in the meantime hears of it at once.
    func wait(_ continuation: CheckedContinuation<SequencedEntry, any Error>) {
        let isWaiting = state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
        if !isWaiting { continuation.resume(throwing: CancellationError()) }
    }

    /// Wakes the caller, unless it has stopped waiting.
    func resume(with result: Result<SequencedEntry, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<SequencedEntry, any Error>? in
            defer { state = .ended }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(with: result)
    }

    /// Stops waiting; what was submitted stays (I15).
    func cancel() {
        resume(with: .failure(CancellationError()))
    }
}
