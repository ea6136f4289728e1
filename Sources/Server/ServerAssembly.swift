internal import CertificateIndex
internal import CertificateTransparency
internal import Identity
internal import Issuance
internal import Logging
internal import OpenSSL
internal import ServiceLifecycle
internal import TransparencyLog

/// Puts the parts of one server together, from what was read to what listens.
struct ServerAssembly {
    private let loaded: LoadedAuthority
    private let identities: ListenerIdentities
    private let options: ServerOptions
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let registry = PrometheusRegistry()
    private let metrics: CAMetrics
    private let limits: RequestLimits

    init(
        _ loaded: LoadedAuthority, _ identities: ListenerIdentities, _ options: ServerOptions, logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.loaded = loaded
        self.identities = identities
        self.options = options
        self.logger = logger
        self.now = now
        metrics = CAMetrics(factory: registry, version: ServerVersion.current)
        limits = RequestLimits(shares: options.shares)
    }

    /// Opens the log and the audit stream, tests the keys, and makes the services; no port is open yet.
    ///
    /// `stamps` are the states of the watched files from before they were read.
    func assembled(since stamps: [String: FileStamp], _ hangups: HangupSignals) async throws -> MintmarkServer {
        let logs = try await OpenedLogs.open(loaded, options, clock: now, logger: logger) { [metrics] in
            metrics.sequenced(after: $0)
        }
        let issuers = IssuerPool(issuers: loaded.issuers.configuration, logger: logger)
        let authority = CertificateAuthority(
            issuers: issuers, policy: loaded.policy, issuing: loaded.issuing, log: logs.flow)
        let issuerReload = IssuerReload(
            path: options.issuerFile, version: loaded.issuers.version, issuers: issuers,
            metrics: ReloadMetrics(factory: registry), logger: logger)
        let audit = try openAudit { issuerReload.configurationState.version }
        let token = try options.logSubmitTokenFile.map { try SubmissionToken(path: $0) }
        let index = indexFollower(logs.own)
        let ownLog = try await runningLog(logs.own, audit, token, index)
        let selfTest = selfTest(authority, logs.own, audit)
        let clock = ClockAlarm(now: now, bootTime: BootClock.now, logger: logger) { audit?.note(.clockJumped) }
        let readiness = Readiness(
            stops: Readiness.stops(clock: clock, selfTest: selfTest, audit: audit),
            obstacles: [Readiness.chainCheck({ authority.issuing }, now: now)] + (ownLog?.obstacles ?? []),
            warnings: [
                Readiness.auditWarning(audit),
                Readiness.configurationWarning { issuerReload.configurationState },
            ] + logs.others.map { Readiness.warning(of: $0) } + (ownLog?.warnings(now: now) ?? [])
                + (index.map { [Readiness.warning(of: $0)] } ?? []),
            log: logs.own.map { Readiness.checks(of: $0, now: now) })
        let signing = SigningService(
            authority: authority, metrics: metrics, limits: limits, readiness: readiness, audit: audit, now: now)
        let state = StateMetrics(
            authority: authority, log: logs.own, limits: limits, audit: audit, clock: clock, selfTest: selfTest,
            readiness: readiness, now: now, running: [ownLog].compactMap(\.self),
            indexes: [index].compactMap(\.self))
        let auditListener = try auditListener(ownLog)
        let listeners = listeners(authority, signing, ownLog?.endpoints, readiness)
        let metricsListener = ListenerService(
            announcement: "listening for metrics", address: options.metrics,
            responder: MetricsResponder(registry: registry, state: state), idleTimeout: options.readHeaderTimeout,
            logger: logger)
        let failed = await selfTest.test()
        guard failed.isEmpty else {
            throw ConfigurationMistakes(failed.map { "the key of the \($0) failed its self-test" })
        }
        await recordStart(audit)
        let logServices = (ownLog?.services ?? []) + logs.others.map(RemoteLogService.init)
        let watcher = FileWatcher(
            reloads(authority, logs.own?.roots, audit, issuerReload) + [token].compactMap(\.self), since: stamps,
            hangups: hangups, logger: logger
        ) { reload, isGood in
            await Self.record(audit, reload, isGood)
        }
        return MintmarkServer(
            services: logServices + [IssuerService(issuers: issuers), selfTest, watcher, metricsListener]
                + auditListener + listeners.all,
            logService: ownLog?.service, listener: listeners.http, audit: audit, ownLog: loaded.ownLog, logger: logger)
    }

    /// Our own log with what works for it; nil without one.
    ///
    /// Asks the log's witnesses for their view, which may freeze it, before anything is signed.
    private func runningLog(
        _ log: LocalLog?, _ audit: AuditStream?, _ token: SubmissionToken?, _ index: IndexFollower?
    ) async throws -> RunningLog? {
        guard let log, let settings = loaded.ownLog?.settings else { return nil }
        let ownRoots = [loaded.issuing.root]
        if options.logAcceptance == .listedRoots, log.roots == ownRoots {
            logger.warning("no root is listed besides the CA's own: every submission to the log will be refused")
        }
        let client = try BoundedClient()
        let witnessing = try await witnessing(log, client)
        let selfAudit =
            options.auditsOwnLog
            ? SelfAudit(
                log, url: options.monitoringOrigin(of: settings.publicURL).submissionPrefix(shard: settings.shard),
                client: client, logger: logger
            ) { audit?.note($0) } : nil
        let companions: [(any Service)?] = [
            witnessing.map(WitnessService.init), selfAudit, index.map(IndexService.init),
        ]
        return RunningLog(
            log: log,
            endpoints: LogEndpoints(
                log: log, settings: settings, options: options, ownRoots: ownRoots, limits: limits, token: token,
                now: now),
            searchable: index?.log
                ?? SearchableLog(origin: log.parameters.origin, logID: log.parameters.logID, reader: log.reader),
            service: LogService(log: log) { audit?.note($0) },
            companions: companions.compactMap(\.self) + [ClientService(client: client)], witnessing: witnessing,
            selfAudit: selfAudit)
    }

    /// The witnesses of a log after each was asked for its view; nil without any.
    private func witnessing(_ log: LocalLog, _ client: BoundedClient) async throws -> Witnessing? {
        guard let policy = loaded.witnesses else {
            try await log.showEveryHead()
            return nil
        }
        let witnessing = log.witnessing(
            policy, mode: options.witnessMode, clock: now, logger: logger,
            transport: WitnessService.transport(client))
        try await witnessing.open()
        if let obstacle = witnessing.obstacle {
            logger.warning("no certificate will be issued for now", metadata: ["reason": "\(obstacle)"])
        }
        return witnessing
    }

    /// What keeps the index of our own log; nil when there is to be none.
    private func indexFollower(_ log: LocalLog?) -> IndexFollower? {
        guard options.hasAuditIndex, let log, let ownLog = loaded.ownLog else { return nil }
        return IndexService.follower(of: log, at: ownLog.directory.logStore(ownLog.settings.shard), logger: logger)
    }

    /// The listener for auditors; none unless the options ask for one.
    private func auditListener(_ log: RunningLog?) throws -> [ListenerService] {
        guard let log, let listener = options.auditListener else { return [] }
        let token = try listener.tokenFile.map { path in
            do { return try BearerToken(file: path) } catch let error as FileError {
                throw ConfigurationMistakes(["--audit-token-file: \(error)"])
            }
        }
        var responder = responder(AuditRoutes(logs: [log.searchable], token: token, limits: limits).endpoints)
        responder.allowsOtherOrigins = false
        return [
            ListenerService(
                announcement: "listening for auditors", address: listener.address,
                responder: responder, idleTimeout: options.idleTimeout, logger: logger)
        ]
    }

    /// The listener of HTTP, and all of them in the order in which they start.
    private func listeners(
        _ authority: CertificateAuthority, _ signing: SigningService, _ log: LogEndpoints?, _ readiness: Readiness
    ) -> (http: ListenerService, all: [any Service]) {
        let endpoints = [
            CARoutes(authority: authority, signing: signing).endpoints, log?.onMainPort ?? [:],
            HealthRoutes(readiness: readiness).endpoints,
        ]
        .reduce(into: [:]) { all, some in all.merge(some) { first, _ in first } }
        let methods = GRPCServices(authority: authority, signing: signing).methods
        let responder = APIResponder(
            endpoints: responder(endpoints),
            calls: GRPCResponder(
                methods, limits: limits, metrics: GRPCMetrics(factory: registry, methods: methods),
                failures: metrics, logger: logger)
        )
        let connections = ConnectionMetrics(factory: registry)
        func listener(_ announcement: Logger.Message, _ address: ListenAddress, _ identity: TLSIdentity?)
            -> ListenerService
        {
            ListenerService(
                announcement: announcement, address: address, responder: responder, identity: identity,
                idleTimeout: options.idleTimeout, metrics: connections, shares: limits.connectionsByAddress,
                logger: logger)
        }
        let http = listener("listening", options.http, identities.http)
        let monitoring = monitoringListener(log, connections)
        guard options.grpc != options.http else { return (http, monitoring + [http]) }
        return (http, monitoring + [listener("listening for gRPC", options.grpc, identities.grpc), http])
    }

    /// The listener for the log's monitoring prefix alone; none unless the options ask for one.
    private func monitoringListener(_ log: LogEndpoints?, _ connections: ConnectionMetrics) -> [ListenerService] {
        guard let log, let address = options.logMonitoring else { return [] }
        return [
            ListenerService(
                announcement: "listening for monitors of the log", address: address,
                responder: responder(log.onMonitoringPort), idleTimeout: options.idleTimeout,
                metrics: connections, shares: limits.connectionsByAddress, logger: logger)
        ]
    }

    private func responder(_ endpoints: [String: Endpoint]) -> EndpointResponder {
        EndpointResponder(
            endpoints: endpoints, limits: limits, metrics: metrics, logger: logger, proxies: options.trustedProxies)
    }

    /// Everything that is read again on a change of its files and on SIGHUP; nothing else reacts to that signal.
    private func reloads(
        _ authority: CertificateAuthority, _ roots: [Certificate]?, _ audit: AuditStream?, _ issuers: IssuerReload
    ) -> [any ReloadableFiles] {
        let issuing = loaded.issuingFiles.map { files in
            IssuingCertificateReload(
                files: files, isWatched: options.watchesIssuingFiles, authority: authority, roots: roots,
                logger: logger, now: now)
        }
        // The stream turns to its new file before the others write into it what became of them.
        let first: [(any ReloadableFiles)?] = [audit, issuers, issuing]
        return first.compactMap(\.self) + identities.all
    }

    private static func record(_ audit: AuditStream?, _ reload: any ReloadableFiles, _ isGood: Bool) async {
        var record = AuditRecord(.configuration, reason: isGood ? "loaded" : "not-usable")
        record.add("what", reload.name)
        for member in reload.auditMembers { record.add(member.name, member.value) }
        // When it cannot be written the stream says so itself, and nothing is issued.
        try? await audit?.append(record)
    }

    private func selfTest(
        _ authority: CertificateAuthority, _ log: LocalLog?, _ audit: AuditStream?
    ) -> SelfTest {
        let logKey = log.map { log in SelfTest.Key(name: "log") { try await log.testKey() } }
        return SelfTest(
            [SelfTest.Key(name: "ca") { try await authority.issuing.key.test() }] + [logKey].compactMap(\.self),
            logger: logger
        ) { audit?.note(.selfTestFailed($0)) }
    }

    private func openAudit(configuration version: @escaping @Sendable () -> String) throws -> AuditStream? {
        guard let path = options.auditFile else { return nil }
        do {
            return AuditStream(
                try AuditWriter(path, now: now, configuration: version), namesSubjects: options.auditsSubjects,
                isRequired: !options.issuesWithoutAudit, logger: logger)
        } catch {
            throw ConfigurationMistakes(["--audit-log: \(error)"])
        }
    }

    /// Tells the audit stream which keys are used from now on.
    private func recordStart(_ audit: AuditStream?) async {
        var record = AuditRecord(.started)
        record.add("version", ServerVersion.current)
        record.add("caKey", loaded.issuing.certificate.subjectPublicKeyInfo.sha256.hex)
        record.add("logKey", loaded.ownLog?.key.publicKey.subjectPublicKeyInfo.sha256.hex)
        // When it cannot be written the stream says so itself, and nothing is issued.
        try? await audit?.append(record)
    }
}
