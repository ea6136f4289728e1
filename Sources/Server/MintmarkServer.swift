internal import CertificateTransparency
internal import HTTPTypes
internal import Hummingbird
internal import Identity
internal import Issuance
package import Logging
internal import NIOCore
package import OpenSSL
package import ServiceLifecycle
package import UnixSignals

/// One CA with its log, ready to listen.
package struct MintmarkServer: Sendable {
    /// The services in the order in which they start; they stop in the reverse order, the log last.
    package let services: [any Service]

    private let listener: ListenerService
    private let logger: Logger

    /// Reads and checks everything; no port is open when it returns or throws.
    ///
    /// Throws `ConfigurationMistakes` with one line a mistake, or what the log's store refused.
    package static func prepare(
        _ options: ServerOptions, passphrase: Passphrase, logger: Logger, now: @escaping @Sendable () -> Timestamp
    ) async throws -> MintmarkServer {
        logger.notice(
            "starting", metadata: ["version": "\(ServerVersion.current)", "openssl": "\(OpenSSLLibrary.version)"])
        let loaded = try LoadedAuthority.load(options, passphrase: passphrase, now: now(), logger: logger)
        let settings = loaded.settings
        let log = try await LocalLog.open(
            at: options.dataDirectory.logStore(settings.shard),
            parameters: try settings.logParameters(key: loaded.logKey.publicKey.subjectPublicKeyInfo),
            key: loaded.logKey, requiring: [loaded.issuing.root], clock: now, logger: logger)
        let issuers = IssuerPool(issuers: loaded.issuers, logger: logger)
        let registry = PrometheusRegistry()
        let metrics = CAMetrics(factory: registry, version: ServerVersion.current)
        let authority = CertificateAuthority(
            issuers: issuers, policy: loaded.policy, issuing: loaded.issuing, log: log, logger: logger)
        let endpoints = CARoutes(authority: authority, issuers: issuers.configuration, metrics: metrics, now: now)
            .endpoints.merging(
                LogRoutes(log: log, prefix: "/log/\(settings.shard)").endpoints, uniquingKeysWith: { first, _ in first }
            )
        let responder = EndpointResponder(
            endpoints: endpoints, limits: RequestLimits(), metrics: metrics, logger: logger)
        let listener = ListenerService(
            name: "listening", host: options.host, port: options.port, responder: responder, logger: logger)
        let exposition = MetricsResponder(registry: registry, metrics: metrics, log: log)
        let metricsListener = ListenerService(
            name: "listening for metrics", host: options.metricsHost, port: options.metricsPort, responder: exposition,
            logger: logger)
        return MintmarkServer(
            services: [LogService(log: log), IssuerService(issuers: issuers), metricsListener, listener],
            listener: listener, logger: logger)
    }

    /// The URL of the API's listener, once it listens.
    package func url() async throws -> String {
        try await listener.url()
    }

    /// Runs until one of the signals arrives and everything that was accepted is done.
    package func run(until signals: [UnixSignal]) async throws {
        // When the log stops by itself, requests that waited for it are still told so before the process ends.
        let supervised = services.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
        }
        var configuration = ServiceGroupConfiguration(
            services: supervised, gracefulShutdownSignals: signals, logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(40)
        try await ServiceGroup(configuration: configuration).run()
        logger.notice("stopped")
    }
}

/// Runs the log until everything else has stopped.
private struct LogService: Service {
    let log: LocalLog

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await log.run()
        } onGracefulShutdown: {
            log.shutDown()
        }
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
