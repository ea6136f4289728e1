internal import CertificateTransparency
internal import NIOCore
internal import Identity
package import Logging
package import OpenSSL
package import ServiceLifecycle
package import UnixSignals

/// One CA with its log, ready to listen.
package struct MintmarkServer: Sendable {
    /// The services in the order in which they start; they stop in the reverse order, the log last.
    package let services: [any Service]

    let logs: RunningLogs?
    let listener: ListenerService
    let audit: AuditStream?
    let ownLogs: [OwnLog]
    let logger: Logger

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
        let hangups = HangupSignals()
        let stamps = FileStamp.all(options.watchedPaths)
        let (loaded, identities) = try await load(options, passphrase: passphrase, now: now(), logger: logger)
        do {
            return try await ServerAssembly(loaded, identities, options, logger: logger, now: now)
                .assembled(since: stamps, hangups)
        } catch {
            for log in loaded.ownLogs { log.removeIfTemporary() }
            throw error
        }
    }

    /// Reads what comes from files; throws every mistake in any of them.
    private static func load(
        _ options: ServerOptions, passphrase: () throws -> Passphrase, now: Timestamp, logger: Logger
    ) async throws -> (LoadedAuthority, ListenerIdentities) {
        let identities = Result { () throws(ConfigurationMistakes) in try ListenerIdentities(options, logger: logger) }
        let mistakes = if case .failure(let failure) = identities { failure.lines } else { [String]() }
        do {
            let loaded = try await LoadedAuthority.load(options, passphrase: passphrase, now: now, logger: logger)
            do { return (loaded, try identities.get()) } catch {
                for log in loaded.ownLogs { log.removeIfTemporary() }
                throw error
            }
        } catch let error as ConfigurationMistakes where error.lines != mistakes {
            throw ConfigurationMistakes(error.lines + mistakes)
        }
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
        defer { for log in ownLogs { log.removeIfTemporary() } }
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
            if let logs {
                tasks.addTask {
                    let failure = try await logs.failure()
                    try await Task.sleep(for: Self.graceAfterFailure)
                    throw failure
                }
            }
            try await tasks.next()
        }
    }
}
