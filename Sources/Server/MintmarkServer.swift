internal import CertificateTransparency
internal import HTTPTypes
internal import Hummingbird
internal import Identity
internal import Issuance
package import Logging
internal import NIOCore
package import OpenSSL
package import ServiceLifecycle
internal import TransparencyLog
package import UnixSignals

/// One CA with its log, ready to listen.
package struct MintmarkServer: Sendable {
    /// The services in the order in which they start; they stop in the reverse order, the log last.
    package let services: [any Service]

    private let logService: LogService
    private let listener: ListenerService
    private let logger: Logger

    /// Reads and checks everything; no port is open when it returns or throws.
    ///
    /// Throws `ConfigurationMistakes` with one line a mistake, or what the log's store refused.
    package static func prepare(
        _ options: ServerOptions, passphrase: () throws -> Passphrase, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) async throws -> MintmarkServer {
        logger.notice(
            "starting", metadata: ["version": "\(ServerVersion.current)", "openssl": "\(OpenSSLLibrary.version)"])
        let loaded = try LoadedAuthority.load(options, passphrase: passphrase, now: now(), logger: logger)
        let settings = loaded.settings
        let log = try await LocalLog.open(
            at: loaded.dataDirectory.logStore(settings.shard), guardPath: options.logGuardFile,
            parameters: try settings.logParameters(key: loaded.logKey.publicKey.subjectPublicKeyInfo),
            key: loaded.logKey, requiring: [loaded.issuing.root],
            scrub: ScrubPolicy(interval: .seconds(options.logScrubInterval)), clock: now, logger: logger)
        if let obstacle = log.condition.obstacle {
            logger.critical("no certificate will be issued", metadata: ["reason": "\(obstacle)"])
        }
        let issuers = IssuerPool(issuers: loaded.issuers, logger: logger)
        let registry = PrometheusRegistry()
        let metrics = CAMetrics(factory: registry, version: ServerVersion.current)
        let limits = RequestLimits()
        let authority = CertificateAuthority(
            issuers: issuers, policy: loaded.policy, issuing: loaded.issuing, log: log)
        let signing = SigningService(authority: authority, metrics: metrics, limits: limits, now: now)
        let routes = CARoutes(authority: authority, signing: signing)
        let logRoutes = LogRoutes(log: log, prefix: "/log/\(settings.shard)", limits: limits)
        let health = HealthRoutes(issuing: { authority.issuing }, log: log, now: now)
        let endpoints = [routes.endpoints, logRoutes.endpoints, health.endpoints].reduce(into: [:]) { all, some in
            all.merge(some) { first, _ in first }
        }
        let responder = EndpointResponder(endpoints: endpoints, limits: limits, metrics: metrics, logger: logger)
        let listener = ListenerService(
            announcement: "listening", address: options.http, responder: responder, logger: logger)
        let metricsListener = ListenerService(
            announcement: "listening for metrics", address: options.metrics,
            responder: MetricsResponder(registry: registry, metrics: metrics, log: log), logger: logger)
        let logService = LogService(log: log)
        return MintmarkServer(
            services: [logService, IssuerService(issuers: issuers), metricsListener, listener],
            logService: logService, listener: listener, logger: logger)
    }

    /// The URL of the API's listener, once it listens.
    package func url() async throws -> String {
        try await listener.url()
    }

    /// How long requests in flight may take to end after the log has stopped by itself.
    private static let graceAfterFailure: Duration = .seconds(3)

    /// Runs until one of the signals arrives and everything that was accepted is done.
    ///
    /// Throws when a listener or the log fails; who waited for the log is told so before.
    package func run(until signals: [UnixSignal]) async throws {
        let supervised = services.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
        }
        var configuration = ServiceGroupConfiguration(
            services: supervised, gracefulShutdownSignals: signals, logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(40)
        let group = ServiceGroup(configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask { try await group.run() }
            tasks.addTask {
                let failure = try await logService.failure()
                try await Task.sleep(for: Self.graceAfterFailure)
                throw failure
            }
            try await tasks.next()
        }
        logger.notice("stopped")
    }
}

/// Runs the log until everything else has stopped.
private struct LogService: Service {
    private let log: LocalLog
    private let failures = AsyncStream<any Error>.makeStream()

    init(log: LocalLog) {
        self.log = log
    }

    func run() async throws {
        do {
            try await withGracefulShutdownHandler {
                try await log.run()
            } onGracefulShutdown: {
                log.shutDown()
            }
        } catch {
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

/// Keeps the issuers' keys fresh.
private struct IssuerService: Service {
    let issuers: IssuerPool

    func run() async throws {
        await withGracefulShutdownHandler {
            await issuers.run()
        } onGracefulShutdown: {
            issuers.shutdown()
        }
    }
}
