internal import CertificateTransparency
internal import Issuance
internal import Logging
internal import OpenSSL
internal import ServiceLifecycle

/// The logs of one run: ours, those of others, or none.
struct OpenedLogs: Sendable {
    /// Our own log; nil when certificates are logged elsewhere or nowhere.
    let own: LocalLog?

    /// The logs of others that certificates go to.
    let others: [RemoteLog]

    /// How certificates get into them.
    let flow: LogFlow

    /// Opens what was loaded; the services are to run from then on.
    static func open(
        _ loaded: LoadedAuthority, _ options: ServerOptions, clock: @escaping @Sendable () -> Timestamp, logger: Logger,
        sequenced: @escaping @Sendable (Duration) -> Void
    ) async throws -> OpenedLogs {
        if let log = try await loaded.ownLog?.open(
            options, requiring: loaded.issuing.root, clock: clock, logger: logger, sequenced: sequenced)
        {
            return OpenedLogs(
                own: log, others: [], flow: options.submitsCertificates ? .detached(log) : .embedded([log]))
        }
        let others = try loaded.remoteLogs.map { try RemoteLog($0, clock: clock, logger: logger) }
        guard let first = others.first else {
            logger.warning(
                """
                NO LOG: certificates are issued without a timestamp, nobody can see what was issued, and most clients \
                refuse such certificates
                """)
            return OpenedLogs(own: nil, others: [], flow: .none)
        }
        return OpenedLogs(
            own: nil, others: others, flow: options.submitsCertificates ? .detached(first) : .embedded(others))
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
