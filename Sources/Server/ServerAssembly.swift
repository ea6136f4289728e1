internal import CertificateTransparency
internal import Identity
internal import Issuance
internal import Logging
internal import OpenSSL
internal import ServiceLifecycle

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
    private let connections: ConnectionMetrics
    private let shares: ConnectionShares
    private let bounds: ListenerBounds
    private let ceiling: MemoryCeiling
    private let drain = DrainNotice()

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
        connections = ConnectionMetrics(factory: registry)
        shares = ConnectionShares(limits.connectionsByAddress, proxies: options.trustedProxies)
        bounds = ListenerBounds(
            connections: options.shares.connections, answers: AnswerBounds(timeout: options.writeTimeout),
            streams: StreamShares(limits, proxies: options.trustedProxies))
        ceiling = MemoryCeiling(options, shards: loaded.ownLogs.count, issuers: loaded.issuers.configuration.listed)
    }

    /// Opens the log and the audit stream, tests the keys, and makes the services; no port is open yet.
    ///
    /// `stamps` are the states of the watched files from before they were read.
    func assembled(since stamps: [String: FileStamp], _ hangups: HangupSignals) async throws -> MintmarkServer {
        logger.notice("memory", metadata: ["ceilingMiB": "\(ceiling.mebibyteCount)"])
        let logs = try await OpenedLogs.open(loaded, options, clock: now, logger: logger) { [metrics] in
            metrics.sequencing(shard: $0)
        }
        let issuers = IssuerPool(issuers: loaded.issuers.configuration, logger: logger)
        let authority = CertificateAuthority(
            issuers: issuers, policy: loaded.policy, issuing: loaded.issuing, log: logs.flow)
        let issuerReload = IssuerReload(
            path: options.issuerFile, version: loaded.issuers.version, issuers: issuers,
            metrics: ReloadMetrics(factory: registry), logger: logger)
        let audit = try openAudit { issuerReload.configurationState.version }
        let selfTest = selfTest(authority, logs.sharded, audit)
        let clock = ClockAlarm(now: now, bootTime: BootClock.now, logger: logger) { audit?.note(.clockJumped) }
        let mainPort = EndpointTable([:])
        let (token, auditToken) = (try options.submissionToken(), try options.auditToken())
        let factory = RunningLogFactory(
            options: options, ownRoots: [loaded.issuing.root], witnesses: loaded.witnesses, limits: limits,
            token: token, audit: audit, now: now, logger: logger, isDraining: { [drain] in drain.isDraining })
        let ownLogs = try await runningLogs(logs, factory, mainPort, clock, audit)
        let logReload = logReload(ownLogs, factory, authority)
        let readiness = readiness(
            of: ownLogs, logs.others, stops: Readiness.stops(clock: clock, selfTest: selfTest, audit: audit),
            obstacle: Readiness.chainCheck({ authority.issuing }, now: now),
            warnings: [
                Readiness.auditWarning(audit), Readiness.configurationWarning { issuerReload.configurationState },
                Readiness.shardWarning(logReload),
            ])
        let signing = SigningService(
            authority: authority, metrics: metrics, limits: limits, readiness: readiness, audit: audit, now: now)
        let state = StateMetrics(
            authority: authority, limits: limits, audit: audit, clock: clock, selfTest: selfTest, readiness: readiness,
            ceiling: ceiling, now: now
        ) { ownLogs?.all ?? [] }
        let auditListener = auditListener(ownLogs, auditToken)
        let listeners = listeners(authority, signing, mainPort, ownLogs?.monitoringPort, readiness)
        let metricsListener = ListenerService(
            announcement: "listening for metrics", address: options.metrics,
            responder: MetricsResponder(registry: registry, state: state), idleTimeout: options.readHeaderTimeout,
            bounds: bounds, logger: logger)
        let failed = await selfTest.test()
        guard failed.isEmpty else {
            throw ConfigurationMistakes(failed.map { "the key of the \($0) failed its self-test" })
        }
        await recordStart(audit)
        let logServices: [any Service] = [ownLogs].compactMap(\.self) + logs.others.map(RemoteLogService.init)
        let watcher = FileWatcher(
            reloads(authority, logs.sharded, audit, issuerReload, logReload) + [token, auditToken].compactMap(\.self),
            since: stamps, hangups: hangups, logger: logger
        ) { reload, isGood in
            await Self.record(audit, reload, isGood)
        }
        return MintmarkServer(
            services: logServices + [IssuerService(issuers: issuers), selfTest, watcher, metricsListener]
                + auditListener + listeners.all + [drain],
            logs: ownLogs, listener: listeners.http, audit: audit, ownLogs: loaded.ownLogs, logger: logger)
    }

    /// What stands in the way of a certificate, with what the logs say about it.
    private func readiness(
        of logs: RunningLogs?, _ others: [RemoteLog], stops: [Readiness.Check], obstacle: @escaping Readiness.Check,
        warnings: [Readiness.Check]
    ) -> Readiness {
        let warnings = warnings + others.map { Readiness.warning(of: $0) }
        guard let logs else { return Readiness(stops: stops, obstacles: [obstacle], warnings: warnings) }
        return Readiness(
            stops: stops, obstacles: [obstacle],
            warnings: warnings + logs.warnings(now: now) + [Readiness.windowWarning(logs.sharded, now: now)],
            log: Readiness.checks(of: logs.sharded, obstacle: { logs.obstacle(of: $0) }, now: now),
            otherLogs: Readiness.otherLogsCheck(
                logs.sharded, { logs.all.map(\.log) }, obstacle: { logs.obstacle(of: $0) }, now: now))
    }

    /// All shards of our log; nil without one.
    private func runningLogs(
        _ logs: OpenedLogs, _ factory: RunningLogFactory, _ mainPort: EndpointTable, _ clock: ClockAlarm,
        _ audit: AuditStream?
    ) async throws -> RunningLogs? {
        guard let sharded = logs.sharded else { return nil }
        let running = RunningLogs(
            sharded, mainPort: mainPort, now: now, isClockTrusted: { !clock.isRaised }, logger: logger
        ) { audit?.note(.logClosed($0)) }
        for (source, log) in logs.own { running.add(try await factory.make(log, of: source, among: running)) }
        return running
    }

    /// What takes up new shards; nil when there can be none.
    private func logReload(
        _ logs: RunningLogs?, _ factory: RunningLogFactory, _ authority: CertificateAuthority
    ) -> LogReload? {
        guard let logs, let directory = options.ownLogDirectory, let passphrase = loaded.logPassphrase else {
            return nil
        }
        return LogReload(
            directory, passphrase: passphrase, known: loaded.ownLogs.map(\.settings), logs: logs, now: now,
            logger: logger
        ) { [options, now, logger, metrics] source in
            let log = try await source.open(
                options, requiring: authority.issuing.root, isOneOfSeveral: true, clock: now, logger: logger,
                sequenced: metrics.sequencing(shard: source.settings.shard))
            return try await factory.make(log, of: source, among: logs)
        }
    }

    /// The listener for auditors; none unless the options ask for one.
    private func auditListener(_ logs: RunningLogs?, _ token: BearerToken?) -> [ListenerService] {
        guard let logs, let listener = options.auditListener else { return [] }
        let routes = AuditRoutes(logs: { logs.all.map(\.searchable) }, token: token, limits: limits)
        var responder = responder(EndpointTable(routes.endpoints))
        responder.allowsOtherOrigins = false
        return [
            ListenerService(
                announcement: "listening for auditors", address: listener.address,
                responder: responder, idleTimeout: options.idleTimeout, metrics: connections, shares: shares,
                bounds: bounds, logger: logger)
        ]
    }

    /// The listener of HTTP, and all of them in the order in which they start.
    private func listeners(
        _ authority: CertificateAuthority, _ signing: SigningService, _ mainPort: EndpointTable,
        _ monitoringPort: EndpointTable?, _ readiness: Readiness
    ) -> (http: ListenerService, all: [any Service]) {
        mainPort.add(CARoutes(authority: authority, signing: signing).endpoints)
        mainPort.add(HealthRoutes(readiness: readiness).endpoints)
        let methods = GRPCServices(authority: authority, signing: signing).methods
        let responder = APIResponder(
            endpoints: responder(mainPort),
            calls: GRPCResponder(
                methods, limits: limits, metrics: GRPCMetrics(factory: registry, methods: methods),
                failures: metrics, logger: logger)
        )
        func listener(_ announcement: Logger.Message, _ address: ListenAddress, _ identity: TLSIdentity?)
            -> ListenerService
        {
            ListenerService(
                announcement: announcement, address: address, responder: responder, identity: identity,
                idleTimeout: options.idleTimeout, metrics: connections, shares: shares, bounds: bounds,
                logger: logger)
        }
        let http = listener("listening", options.http, identities.http)
        let monitoring = monitoringListener(monitoringPort)
        guard options.grpc != options.http else { return (http, monitoring + [http]) }
        return (http, monitoring + [listener("listening for gRPC", options.grpc, identities.grpc), http])
    }

    /// The listener for the log's monitoring prefix alone; none unless the options ask for one.
    private func monitoringListener(_ endpoints: EndpointTable?) -> [ListenerService] {
        guard let endpoints, let address = options.logMonitoring else { return [] }
        return [
            ListenerService(
                announcement: "listening for monitors of the log", address: address,
                responder: responder(endpoints), idleTimeout: options.idleTimeout, metrics: connections,
                shares: shares, bounds: bounds, logger: logger)
        ]
    }

    private func responder(_ endpoints: EndpointTable) -> EndpointResponder {
        EndpointResponder(
            endpoints: endpoints, limits: limits, metrics: metrics, logger: logger, proxies: options.trustedProxies)
    }

    /// Everything that is read again on a change of its files and on SIGHUP; nothing else reacts to that signal.
    private func reloads(
        _ authority: CertificateAuthority, _ log: ShardedLog?, _ audit: AuditStream?, _ issuers: IssuerReload,
        _ shards: LogReload?
    ) -> [any ReloadableFiles] {
        let issuing = loaded.issuingFiles.map { files in
            IssuingCertificateReload(
                files: files, isWatched: options.watchesIssuingFiles, authority: authority,
                roots: { log?.roots }, logger: logger, now: now)
        }
        // The stream turns to its new file before the others write into it what became of them.
        let first: [(any ReloadableFiles)?] = [audit, issuers, issuing, shards]
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
        _ authority: CertificateAuthority, _ log: ShardedLog?, _ audit: AuditStream?
    ) -> SelfTest {
        let caKey = SelfTest.Key(name: "ca") { try await authority.issuing.key.test() }
        return SelfTest(
            [caKey]
                + (log?.shards ?? []).filter(\.isOpen).map { log in
                    SelfTest.Key(name: "log \(log.parameters.shard)") { try await log.testKey() }
                },
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
        let logKeys = loaded.ownLogs.map(\.key.publicKey.subjectPublicKeyInfo.sha256.hex)
        record.add("logKey", logKeys.isEmpty ? nil : logKeys.joined(separator: ", "))
        // When it cannot be written the stream says so itself, and nothing is issued.
        try? await audit?.append(record)
    }
}
