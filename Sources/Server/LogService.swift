internal import CertificateTransparency
internal import ServiceLifecycle

/// Runs the log until everything else has stopped.
struct LogService: Service {
    private let log: LocalLog
    private let failures = AsyncStream<any Error>.makeStream()
    private let failed: @Sendable (any Error) -> Void

    /// A service of this log; `failed` is called when the log ends with an error.
    init(log: LocalLog, failed: @escaping @Sendable (any Error) -> Void) {
        (self.log, self.failed) = (log, failed)
    }

    func run() async throws {
        do {
            try await withGracefulShutdownHandler {
                try await log.run()
            } onGracefulShutdown: {
                log.shutDown()
            }
        } catch {
            failed(error)
            failures.continuation.yield(error)
            throw error
        }
    }

    /// Waits until the log fails and answers with the reason; throws when the wait is cancelled.
    func failure() async throws -> any Error {
        for await failure in failures.stream { return failure }
        throw CancellationError()
    }
}
