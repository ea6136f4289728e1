internal import ArgumentParser
internal import Issuance
internal import Logging
internal import OpenSSL
internal import Server
internal import UnixSignals
internal import Glibc

/// Runs the CA and its log.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the CA and its log.",
        discussion: """
            HTTP without TLS: put a proxy that speaks TLS in front, and let only it reach the port. Logs go to standard \
            error, one JSON object a line unless that is a terminal. SIGTERM finishes the requests in flight, writes \
            what the log accepted, and ends with status 0.

            Example:
              mintmark serve --data-dir /var/lib/mintmark --passphrase-file passphrase --config-path issuers.yaml
            """
    )

    @Option(help: "The directory that init made. Whoever can write to it can forge certificates.")
    var dataDir: String

    @Option(
        help: ArgumentHelp(
            "The Fulcio identity configuration, YAML or JSON: who may vouch for which names.",
            discussion: "Whoever can write to this file decides what is certified."))
    var configPath: String

    @Option(help: "The address to listen on for the API and the log.")
    var host = "127.0.0.1"

    @Option(help: "The port for the API and the log; 0 takes a free one.")
    var port = 8080

    @Option(help: "The address to listen on for metrics.")
    var metricsHost = "127.0.0.1"

    @Option(help: "The port for metrics; 0 takes a free one.")
    var metricsPort = 2112

    @Option(
        help: ArgumentHelp(
            "The algorithms that clients may sign with, separated by commas.",
            discussion: "Known: \(ClientSigningAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))"))
    var clientSigningAlgorithms = ClientSigningAlgorithm.defaults.map(\.rawValue).joined(separator: ",")

    @Option(
        help: ArgumentHelp(
            "The guard file: the newest head shown to anyone, kept apart from the log.",
            discussion: """
                Put it on another volume: whoever restores the log's volume must not restore this file with it. \
                Beside the log unless given; must be there (see mintmark log adopt).
                """, valueName: "file"))
    var logGuard: String?

    @Option(
        help: ArgumentHelp(
            "How often everything that the log has stored is recomputed, in seconds; a week unless given.",
            valueName: "seconds"))
    var logScrubInterval = 7 * 86_400

    @Flag(help: "Accept the published example keys; only on a loopback address, and never for anything real.")
    var development = false

    @Option(help: "The least severe log lines to write: debug, info or notice. What was issued and refused always is.")
    var logLevel: LogLevel = .notice

    @OptionGroup var passphraseOptions: PassphraseOptions

    func validate() throws {
        for (name, value) in [("--port", port), ("--metrics-port", metricsPort)] where !(0...65_535).contains(value) {
            throw ValidationError("\(name) must be from 0 to 65535")
        }
        guard logScrubInterval > 0 else { throw ValidationError("--log-scrub-interval must be at least 1") }
    }

    func run() async throws {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        // A core file would hold the keys.
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        var options = ServerOptions(
            dataDirectory: DataDirectory(dataDir), issuerFile: configPath,
            http: ListenAddress(host: host, port: port), grpc: ListenAddress(host: host, port: port),
            metrics: ListenAddress(host: metricsHost, port: metricsPort), algorithms: clientSigningAlgorithms,
            isDevelopment: development)
        (options.logGuardFile, options.logScrubInterval) = (logGuard, logScrubInterval)
        var logger = Logger(label: "mintmark") { _ in LineLogHandler(format: .forStandardError) }
        logger.logLevel = logLevel.level
        let server = try await MintmarkServer.prepare(
            options, passphrase: { try passphraseOptions.passphrase(isNew: false) }, logger: logger,
            now: Timestamp.now)
        try await server.run(until: [.sigterm, .sigint])
    }
}

/// The levels of log lines that can be asked for.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case debug
    case info
    case notice

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .notice }
}
