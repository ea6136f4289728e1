internal import CertificateTransparency
internal import Issuance
internal import Logging
internal import OpenSSL
internal import ServiceLifecycle

/// The logs of one run: ours, those of others, or none.
struct OpenedLogs: Sendable {
    /// The shards of our own log, oldest first; none when certificates are logged elsewhere or nowhere.
    let own: [(source: OwnLog, log: LocalLog)]

    /// The same as the one log that certificates go to; nil without any.
    let sharded: ShardedLog?

    /// The logs of others that certificates go to.
    let others: [RemoteLog]

    /// How certificates get into them.
    let flow: LogFlow

    /// Opens what was loaded; the services are to run from then on.
    ///
    /// `sequencing` makes what is told how long each entry of a shard waited.
    static func open(
        _ loaded: LoadedAuthority, _ options: ServerOptions, clock: @escaping @Sendable () -> Timestamp, logger: Logger,
        sequencing: (_ shard: String) -> @Sendable (Duration) -> Void
    ) async throws -> OpenedLogs {
        if !loaded.ownLogs.isEmpty {
            var own: [(source: OwnLog, log: LocalLog)] = []
            for source in loaded.ownLogs {
                let log = try await source.open(
                    options, requiring: loaded.issuing.root, isOneOfSeveral: loaded.ownLogs.count > 1, clock: clock,
                    logger: logger, sequenced: sequencing(source.settings.shard))
                own.append((source, log))
            }
            let sharded = ShardedLog(own.map(\.log))
            return OpenedLogs(
                own: own, sharded: sharded, others: [],
                flow: options.submitsCertificates ? .detached(sharded) : .embedded([sharded]))
        }
        let others = try loaded.remoteLogs.map { try RemoteLog($0, clock: clock, logger: logger) }
        guard let first = others.first else {
            logger.warning(
                """
                NO LOG: certificates are issued without a timestamp, nobody can see what was issued, and most clients \
                refuse such certificates
                """)
            return OpenedLogs(own: [], sharded: nil, others: [], flow: .none)
        }
        return OpenedLogs(
            own: [], sharded: nil, others: others,
            flow: options.submitsCertificates ? .detached(first) : .embedded(others))
    }

    /// The sentence for a log whose submissions have failed for this long; nil for up to a minute.
    static func warning(failingFor duration: Duration?) -> String? {
        guard let duration, duration > .seconds(60) else { return nil }
        return "another log has given no timestamp for \(duration.components.seconds) seconds"
    }
}

/// Keeps the connections to another log until everything else has stopped.
struct RemoteLogService: Service {
    let log: RemoteLog

    func run() async throws {
        try? await gracefulShutdown()
        await log.shutDown()
    }
}
