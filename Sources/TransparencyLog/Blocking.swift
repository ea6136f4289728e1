internal import Dispatch

/// Runs calls that wait for the kernel on a thread that nobody else needs.
enum Blocking {
    private static let queue = DispatchQueue(label: "log.blocking")

    /// The result of `body`, which runs off the cooperative pool.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}
