internal import UnixSignals

/// Work that must not be left half done when a signal comes.
enum Interruption {
    /// A signal ended the command; what had been made was removed.
    struct Interrupted: Error, CustomStringConvertible {
        var description: String { "interrupted; nothing was left behind" }
    }

    /// Runs `work` to its end, and takes it back with `undo` when a signal came meanwhile.
    static func guarding<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value, undo: (Value) -> Void
    ) async throws -> Value {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        return try await withThrowingTaskGroup(of: Value?.self) { tasks in
            tasks.addTask { try await work() }
            tasks.addTask {
                for await _ in signals { break }
                return nil
            }
            defer { tasks.cancelAll() }
            if let value = try await tasks.next() ?? nil { return value }
            if let value = try await tasks.next() ?? nil { undo(value) }
            throw Interrupted()
        }
    }
}
