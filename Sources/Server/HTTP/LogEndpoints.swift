internal import CertificateTransparency
internal import OpenSSL

/// All endpoints of one log, by the port that serves them (transparency-log 2.8).
struct LogEndpoints: Sendable {
    /// Those that the port of the API serves.
    let onMainPort: [String: Endpoint]
    /// Those of the port that serves the monitoring prefix alone; `onMainPort` has none of them if there is such a
    /// port.
    let onMonitoringPort: [String: Endpoint]

    /// What clients and monitors are told about the log.
    let metadata: LogMetadata

    /// The endpoints of a shard that was made with these settings; its lists have all the logs that are `listed`.
    init(
        log: LocalLog, settings: ShardSettings, options: ServerOptions, ownRoots: [Certificate],
        limits: RequestLimits, token: BearerToken?, now: @escaping @Sendable () -> Timestamp,
        listed: @escaping @Sendable () -> [LogMetadata]
    ) {
        let prefix = "/log/\(settings.shard)"
        metadata = LogMetadata(
            log, operatorName: settings.organization,
            submissionURL: settings.publicURL.submissionPrefix(shard: settings.shard),
            monitoringURL: options.monitoringOrigin(of: settings.publicURL).submissionPrefix(shard: settings.shard),
            version: ServerVersion.current)
        let submissions = PublicSubmissions(
            log, acceptance: options.logAcceptance, ownRoots: ownRoots, now: now)
        let perSecond = Double(options.logReadLimit)
        let rates = perSecond > 0 ? SourceRates(perSecond: perSecond, burst: 2 * perSecond) : nil
        let reads = LogRoutes(log: log, prefix: prefix, limits: limits, rates: rates).endpoints
        let additions = SubmissionRoutes(submissions, prefix: prefix, token: token).endpoints
        let tiles = TileRoutes(log: log, prefix: prefix, metadata: metadata, limits: limits, now: now, listed: listed)
            .endpoints
        let main = reads.merging(additions) { first, _ in first }
        // A monitoring prefix that answers get-sth as well is never followed by its tiles by one monitor (2.8.2).
        onMonitoringPort = tiles
        onMainPort = options.logMonitoring == nil ? main.merging(tiles) { first, _ in first } : main
    }
}

extension ServerOptions {
    /// The origin at which clients reach the monitoring prefix.
    func monitoringOrigin(of publicURL: PublicURL) -> PublicURL {
        if let logMonitoringURL { return logMonitoringURL }
        guard let port = logMonitoring?.port, port > 0 else { return publicURL }
        return publicURL.replacingPort(with: port) ?? publicURL
    }
}
