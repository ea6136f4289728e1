internal import DevelopmentIssuer
internal import Logging
internal import OpenSSL
internal import Server
internal import ServiceLifecycle
internal import UnixSignals

/// The issuer of the tokens that a benchmark needs, for as long as it runs.
enum BenchTokens {
    /// Runs an issuer at a port of loopback, 0 for a free one, while `body` has its URL.
    static func issuing(at port: Int, _ body: @escaping @Sendable (String) async throws -> Void) async throws {
        var logger = Logger(label: "bench") { _ in LineLogHandler(format: .forStandardError) }
        logger.logLevel = .critical
        let provider = DevelopmentProvider(
            configuration: try ProviderConfiguration(
                port: port == 0 ? try await FreePort.find() : port, lifetime: .seconds(86_400)),
            logger: logger, now: Timestamp.now)
        let issuer = ServiceGroup(services: [provider], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await issuer.run() }
            tasks.addTask { try await body(try await provider.url()) }
            try await tasks.next()
            tasks.cancelAll()
        }
    }
}
