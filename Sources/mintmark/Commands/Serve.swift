internal import ArgumentParser
internal import Logging
internal import OpenSSL
internal import Server
internal import UnixSignals

/// Runs the CA and its log.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the CA and its log.",
        usage: "mintmark serve [--<setting> <value> ...] [--print-config]",
        discussion: """
            SIGTERM finishes the requests in flight, writes what the log accepted, and ends
            with status 0. SIGHUP reads the identity configuration and other files again;
            so does a change of them.

            Example:
              mintmark serve --data-dir /var/lib/mintmark --passphrase-file passphrase \\
                --config-path issuers.yaml --host 127.0.0.1 --grpc-host 127.0.0.1 \\
                --metrics-host 127.0.0.1

            \(SettingsHelp.text)
            """
    )

    @Argument(parsing: .captureForPassthrough, help: .hidden)
    var arguments: [String] = []

    func run() async throws {
        KeyProtection.begin()
        let given = CommandLineSettings(arguments, switches: ["help", "print-config"])
        if given.switches.contains("help") { throw CleanExit.helpRequest(Self.self) }
        if given.switches.contains("print-config") { return try printSettings(given) }
        let settings = Settings(given, .ofProcess)
        var warnings = settings.warnings
        let options = try ServerOptions(settings, warnings: &warnings)
        let logger = Logger(settings)
        for warning in warnings { logger.warning("configuration", metadata: ["detail": "\(warning)"]) }
        let server = try await MintmarkServer.prepare(
            options, passphrase: { try PassphraseSource(settings).passphrase(isNew: false) }, logger: logger,
            now: Timestamp.now)
        try await server.run(until: [.sigterm, .sigint])
    }

    /// Prints what would count, or throws what is wrong with it as something that a run refuses.
    private func printSettings(_ given: CommandLineSettings) throws {
        let settings = Settings(given, .ofProcess)
        var warnings = settings.warnings
        do {
            _ = try ServerOptions(settings, requiresAuthority: false, warnings: &warnings)
        } catch {
            throw ConfigurationMistakes(error.lines)
        }
        for warning in warnings { StandardError.report("warning: \(warning)") }
        StandardOutput.write(settings.yaml)
    }
}
