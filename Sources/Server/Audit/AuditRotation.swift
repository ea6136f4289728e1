internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Turns the audit stream to a new file on SIGHUP, after the old one was moved away.
struct AuditRotation: Service {
    let audit: AuditStream
    let logger: Logger

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            do {
                try await audit.reopen()
            } catch {
                logger.error("the audit stream stays with its old file", metadata: ["error": "\(error)"])
            }
        }
    }
}
