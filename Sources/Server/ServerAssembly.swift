internal import CertificateTransparency
internal import Identity
internal import Issuance
internal import Logging
internal import OpenSSL
internal import ServiceLifecycle

/// Puts the parts of one server together, from what was read to what listens.
struct ServerAssembly {
    private let loaded: LoadedAuthority
    private let options: ServerOptions
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let registry = PrometheusRegistry()
    private let metrics: CAMetrics
    private let limits = RequestLimits()

    init(
        _ loaded: LoadedAuthority, _ options: ServerOptions, logger: Logger, now: @escaping @Sendable () -> Timestamp
    ) {
        self.loaded = loaded
        self.options = options
        self.logger = logger
        self.now = now
        metrics = CAMetrics(factory: registry, version: ServerVersion.current)
    }

    /// Opens the log and the audit stream, tests the keys, and makes the services; no port is open yet.
    func assembled() async throws -> MintmarkServer {
        guard let ownLog = loaded.ownLog else {
            throw ConfigurationMistakes(["--ct-log-url: logs of others are not supported yet"])
        }
        let log = try await ownLog.open(requiring: loaded.issuing.root, clock: now, logger: logger) { [metrics] in
            metrics.sequenced(after: $0)
        }
        let issuers = IssuerPool(issuers: loaded.issuers, logger: logger)
        let authority = CertificateAuthority(
            issuers: issuers, policy: loaded.policy, issuing: loaded.issuing, log: log)
        let audit = try openAudit()
        let selfTest = selfTest(authority, log)
        let clock = ClockAlarm(now: now, bootTime: BootClock.now, logger: logger)
        let readiness = Readiness(
            stops: Readiness.stops(clock: clock, selfTest: selfTest, audit: audit),
            obstacles: Readiness.checks(of: log, now: now)
                + [Readiness.chainCheck({ authority.issuing }, now: now)],
            warnings: [Readiness.auditWarning(audit)])
        let signing = SigningService(
            authority: authority, metrics: metrics, limits: limits, readiness: readiness, audit: audit, now: now)
        let state = StateMetrics(
            authority: authority, log: log, limits: limits, audit: audit, clock: clock, selfTest: selfTest,
            readiness: readiness, now: now)
        let listener = listener(endpoints(authority, signing, log, ownLog, readiness))
        let metricsListener = ListenerService(
            announcement: "listening for metrics", address: options.metrics,
            responder: MetricsResponder(registry: registry, state: state), logger: logger)
        let failed = await selfTest.test()
        guard failed.isEmpty else {
            throw ConfigurationMistakes(failed.map { "the key of the \($0) failed its self-test" })
        }
        await recordStart(audit, ownLog)
        let logService = LogService(log: log)
        return MintmarkServer(
            services: [logService, IssuerService(issuers: issuers), selfTest]
                + reloads(authority, log, audit) + [metricsListener, listener],
            logService: logService, listener: listener, audit: audit, ownLog: ownLog, logger: logger)
    }

    private func endpoints(
        _ authority: CertificateAuthority, _ signing: SigningService, _ log: LocalLog, _ ownLog: OwnLog,
        _ readiness: Readiness
    ) -> [String: Endpoint] {
        let log = LogRoutes(log: log, prefix: "/log/\(ownLog.settings.shard)", limits: limits)
        return [
            CARoutes(authority: authority, signing: signing).endpoints, log.endpoints,
            HealthRoutes(readiness: readiness).endpoints,
        ]
        .reduce(into: [:]) { all, some in all.merge(some) { first, _ in first } }
    }

    private func listener(_ endpoints: [String: Endpoint]) -> ListenerService {
        ListenerService(
            announcement: "listening", address: options.http,
            responder: EndpointResponder(endpoints: endpoints, limits: limits, metrics: metrics, logger: logger),
            logger: logger)
    }

    private func reloads(
        _ authority: CertificateAuthority, _ log: LocalLog, _ audit: AuditStream?
    ) -> [any Service] {
        let issuing = loaded.issuingFiles.map { files in
            IssuingCertificateReload(
                files: files, isWatched: options.watchesIssuingFiles, authority: authority, roots: log.roots,
                logger: logger, now: now)
        }
        let rotation: [any Service] = audit.map { [AuditRotation(audit: $0, logger: logger)] } ?? []
        return [ReloadService(reloads: [issuing].compactMap(\.self), logger: logger)] + rotation
    }

    private func selfTest(_ authority: CertificateAuthority, _ log: LocalLog) -> SelfTest {
        SelfTest(
            [
                SelfTest.Key(name: "ca") { try await authority.issuing.key.test() },
                SelfTest.Key(name: "log") { try await log.testKey() },
            ], logger: logger)
    }

    private func openAudit() throws -> AuditStream? {
        guard let path = options.auditFile else { return nil }
        let version = loaded.configurationVersion
        do {
            return AuditStream(
                try AuditWriter(path, now: now, configuration: { version }), namesSubjects: options.auditsSubjects,
                isRequired: !options.issuesWithoutAudit, logger: logger)
        } catch {
            throw ConfigurationMistakes(["--audit-log: \(error)"])
        }
    }

    /// Tells the audit stream which keys are used from now on.
    private func recordStart(_ audit: AuditStream?, _ ownLog: OwnLog) async {
        var record = AuditRecord(.started)
        record.add("version", ServerVersion.current)
        record.add("caKey", loaded.issuing.certificate.subjectPublicKeyInfo.sha256.hex)
        record.add("logKey", ownLog.key.publicKey.subjectPublicKeyInfo.sha256.hex)
        // When it cannot be written the stream says so itself, and nothing is issued.
        try? await audit?.append(record)
    }
}
