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

    private let logService: LogService
    private let listener: ListenerService
    private let audit: AuditStream?
    private let logger: Logger

    /// Reads and checks everything; no port is open when it returns or throws.
    ///
    /// Throws `ConfigurationMistakes` with one line a mistake, or what the log's store refused.
    package static func prepare(
        _ options: ServerOptions, passphrase: () throws -> Passphrase, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) async throws -> MintmarkServer {
        KeyMemory.forbidReading()
        logger.notice(
            "starting", metadata: ["version": "\(ServerVersion.current)", "openssl": "\(OpenSSLLibrary.version)"])
        let loaded = try LoadedAuthority.load(options, passphrase: passphrase, now: now(), logger: logger)
        let settings = loaded.settings
        let registry = PrometheusRegistry()
        let metrics = CAMetrics(factory: registry, version: ServerVersion.current)
        let log = try await LocalLog.open(
            at: loaded.dataDirectory.logStore(settings.shard),
            parameters: try settings.logParameters(key: loaded.logKey.publicKey.subjectPublicKeyInfo),
            key: loaded.logKey, requiring: [loaded.issuing.root], clock: now, logger: logger,
            sequenced: { metrics.sequenced(after: $0) })
        let issuers = IssuerPool(issuers: loaded.issuers, logger: logger)
        let limits = RequestLimits()
        let authority = CertificateAuthority(
            issuers: issuers, policy: loaded.policy, issuing: loaded.issuing, log: log)
        let version = loaded.configurationVersion
        let audit = try openAudit(options, configuration: { version }, logger: logger, now: now)
        let selfTest = selfTest(authority, log, logger)
        let clock = ClockAlarm(now: now, bootTime: BootClock.now, logger: logger)
        let readiness = Readiness(
            stops: Readiness.stops(clock: clock, selfTest: selfTest, audit: audit),
            obstacles: Readiness.checks(of: log, now: now)
                + [Readiness.chainCheck({ authority.issuing }, now: now)],
            warnings: [Readiness.auditWarning(audit)])
        let signing = SigningService(
            authority: authority, metrics: metrics, limits: limits, readiness: readiness, audit: audit, now: now)
        let routes = CARoutes(authority: authority, signing: signing)
        let logRoutes = LogRoutes(log: log, prefix: "/log/\(settings.shard)", limits: limits)
        let health = HealthRoutes(readiness: readiness)
        let endpoints = [routes.endpoints, logRoutes.endpoints, health.endpoints].reduce(into: [:]) { all, some in
            all.merge(some) { first, _ in first }
        }
        let state = StateMetrics(
            authority: authority, log: log, limits: limits, audit: audit, clock: clock, selfTest: selfTest,
            readiness: readiness, now: now)
        let responder = EndpointResponder(endpoints: endpoints, limits: limits, metrics: metrics, logger: logger)
        let listener = ListenerService(
            announcement: "listening", address: options.http, responder: responder, logger: logger)
        let metricsListener = ListenerService(
            announcement: "listening for metrics", address: options.metrics,
            responder: MetricsResponder(registry: registry, state: state), logger: logger)
        let logService = LogService(log: log)
        let failed = await selfTest.test()
        guard failed.isEmpty else {
            throw ConfigurationMistakes(failed.map { "the key of the \($0) failed its self-test" })
        }
        await recordStart(audit, loaded)
        let rotation: [any Service] = audit.map { [AuditRotation(audit: $0, logger: logger)] } ?? []
        return MintmarkServer(
            services: [logService, IssuerService(issuers: issuers), selfTest] + rotation + [metricsListener, listener],
            logService: logService, listener: listener, audit: audit, logger: logger)
    }

    private static func selfTest(_ authority: CertificateAuthority, _ log: LocalLog, _ logger: Logger) -> SelfTest {
        SelfTest(
            [
                SelfTest.Key(name: "ca") { try await authority.issuing.key.test() },
                SelfTest.Key(name: "log") { try await log.testKey() },
            ], logger: logger)
    }

    private static func openAudit(
        _ options: ServerOptions, configuration: @escaping @Sendable () -> String, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) throws -> AuditStream? {
        guard let path = options.auditFile else { return nil }
        do {
            return AuditStream(
                try AuditWriter(path, now: now, configuration: configuration), namesSubjects: options.auditsSubjects,
                isRequired: !options.issuesWithoutAudit, logger: logger)
        } catch {
            throw ConfigurationMistakes(["--audit-log: \(error)"])
        }
    }

    /// Tells the audit stream which keys are used from now on.
    private static func recordStart(_ audit: AuditStream?, _ loaded: LoadedAuthority) async {
        var record = AuditRecord(.started)
        record.add("version", ServerVersion.current)
        record.add("caKey", loaded.issuing.certificate.subjectPublicKeyInfo.sha256.hex)
        record.add("logKey", loaded.logKey.publicKey.subjectPublicKeyInfo.sha256.hex)
        // When it cannot be written the stream says so itself, and nothing is issued.
        try? await audit?.append(record)
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
        do {
            try await run(group)
        } catch {
            await audit?.close(AuditRecord(.stopped, reason: "failure"))
            throw error
        }
        await audit?.close(AuditRecord(.stopped, reason: "signal"))
        logger.notice("stopped")
    }

    private func run(_ group: ServiceGroup) async throws {
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
