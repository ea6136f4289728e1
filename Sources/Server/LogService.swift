internal import CertificateTransparency
internal import ServiceLifecycle
internal import TransparencyLog

/// Runs the log until everything else has stopped.
struct LogService: Service {
    private let log: LocalLog
    private let failures = AsyncStream<any Error>.makeStream()
    private let halted: @Sendable (AuditRecord) -> Void

    /// A service of this log; `halted` is told when the log ends with an error, and once when it is frozen.
    init(log: LocalLog, halted: @escaping @Sendable (AuditRecord) -> Void) {
        (self.log, self.halted) = (log, halted)
    }

    func run() async throws {
        do {
            try await withGracefulShutdownHandler {
                try await withThrowingDiscardingTaskGroup { group in
                    group.addTask { await watchForFreeze() }
                    defer { group.cancelAll() }
                    try await log.run()
                }
            } onGracefulShutdown: {
                log.shutDown()
            }
        } catch {
            halted(.logEnded(error))
            failures.continuation.yield(error)
            throw error
        }
    }

    /// Looks once a second whether the log is frozen, and tells once.
    private func watchForFreeze() async {
        while !Task.isCancelled {
            if case .frozen(let reason) = log.condition { return halted(.logFrozen(reason)) }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Waits until the log fails and answers with the reason; throws when the wait is cancelled.
    func failure() async throws -> any Error {
        for await failure in failures.stream { return failure }
        throw CancellationError()
    }
}
