internal import CertificateIndex
internal import CertificateTransparency
internal import Logging
internal import OpenSSL
internal import ServiceLifecycle
internal import TransparencyLog

/// Makes what works for one shard of our log while the server runs: the one place where that is put together.
struct RunningLogFactory: Sendable {
    let options: ServerOptions
    /// The roots of our own CA.
    let ownRoots: [Certificate]
    /// Who cosigns heads; nil without witnesses.
    let witnesses: WitnessPolicy?
    let limits: RequestLimits
    /// What lets others submit whatever the acceptance is; nil for nothing.
    let token: BearerToken?
    let audit: AuditStream?
    let now: @Sendable () -> Timestamp
    let logger: Logger
    /// Whether the server has begun to stop, so that nobody may expect an answer of its own listeners.
    var isDraining: @Sendable () -> Bool = { false }

    /// What works for an opened log, whose lists have all the logs of `all`.
    ///
    /// Asks the log's witnesses for their view, which may freeze it, before anything is signed. Throws when a client
    /// for them cannot be made, or what the store throws.
    func make(_ log: LocalLog, of source: OwnLog, among all: RunningLogs) async throws -> RunningLog {
        if options.logAcceptance == .listedRoots, log.roots == ownRoots {
            logger.warning("no root is listed besides the CA's own: every submission to the log will be refused")
        }
        let settings = source.settings
        if witnesses == nil { try await log.showEveryHead() }
        let client = witnesses != nil || options.auditsOwnLog ? try BoundedClient() : nil
        let witnessing = try await witnessing(log, client)
        let selfAudit = selfAudit(log, settings, client)
        let index = indexFollower(log, source)
        // They stop in the reverse order: the client after those who ask with it.
        let companions: [(any Service)?] = [
            client.map(ClientService.init), witnessing.map(WitnessService.init), selfAudit,
            index.map(IndexService.init),
        ]
        return RunningLog(
            log: log,
            endpoints: LogEndpoints(
                log: log, settings: settings, options: options, ownRoots: ownRoots, limits: limits, token: token,
                now: now, listed: { [weak all] in all?.all.map(\.endpoints.metadata) ?? [] }),
            searchable: index?.log
                ?? SearchableLog(origin: log.parameters.origin, logID: log.parameters.logID, reader: log.reader),
            service: LogService(log: log) { audit?.note($0) }, companions: companions.compactMap(\.self),
            witnessing: witnessing, selfAudit: selfAudit, index: index)
    }

    /// The witnesses of a log after each was asked for its view; nil without any.
    private func witnessing(_ log: LocalLog, _ client: BoundedClient?) async throws -> Witnessing? {
        guard let witnesses, let client else { return nil }
        let witnessing = log.witnessing(
            witnesses, mode: options.witnessMode, clock: now, logger: logger,
            transport: WitnessService.transport(client))
        do { try await witnessing.open() } catch {
            await client.shutDown()
            throw error
        }
        if let obstacle = witnessing.obstacle {
            logger.warning("no certificate will be issued for now", metadata: ["reason": "\(obstacle)"])
        }
        return witnessing
    }

    /// What looks at the log through the public URL; nil unless the options ask for it.
    private func selfAudit(_ log: LocalLog, _ settings: ShardSettings, _ client: BoundedClient?) -> SelfAudit? {
        guard options.auditsOwnLog, let client else { return nil }
        let url = options.monitoringOrigin(of: settings.publicURL).submissionPrefix(shard: settings.shard)
        return SelfAudit(log, url: url, client: client, isDraining: isDraining, logger: logger) { audit?.note($0) }
    }

    /// What keeps the index of the log; nil when there is to be none.
    private func indexFollower(_ log: LocalLog, _ source: OwnLog) -> IndexFollower? {
        guard options.hasAuditIndex else { return nil }
        return IndexService.follower(
            of: log, at: source.directory.logStore(source.settings.shard), logger: logger)
    }
}
