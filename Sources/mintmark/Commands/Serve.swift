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
            HTTP and gRPC on one port or two, in clear text or over TLS; without TLS, put a proxy that speaks it in \
            front, and let only it reach the port. Logs go to standard error, one JSON object a line unless that is a terminal. SIGTERM finishes the requests in flight, writes \
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

    @Option(help: "The address to listen on for gRPC.")
    var grpcHost = "127.0.0.1"

    @Option(help: "The port for gRPC; 0 takes a free one. With the address and port of the API, one port serves both.")
    var grpcPort = 8081

    @Option(help: "The chain for TLS on the port of the API, PEM, the server's own certificate first.")
    var tlsCertificate: String?

    @Option(help: "The key of that certificate, PEM, not encrypted.")
    var tlsKey: String?

    @Option(help: "The chain for TLS on the port of gRPC; that of the API unless given.")
    var grpcTlsCertificate: String?

    @Option(help: "The key of that certificate, PEM, not encrypted.")
    var grpcTlsKey: String?

    @Option(help: "How long a connection may be idle, such as 30s.")
    var idleConnectionTimeout = "30s"

    @Option(help: "The address to listen on for metrics.")
    var metricsHost = "127.0.0.1"

    @Option(help: "The port for metrics; 0 takes a free one.")
    var metricsPort = 2112

    @Option(
        help: ArgumentHelp(
            "The algorithms that clients may sign with, separated by commas.",
            discussion: "Known: \(ClientSigningAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))"))
    var clientSigningAlgorithms = ClientSigningAlgorithm.defaults.map(\.rawValue).joined(separator: ",")

    @Flag(help: "Accept the published example keys; only on a loopback address, and never for anything real.")
    var development = false

    @Option(help: "The least severe log lines to write: debug, info or notice. What was issued and refused always is.")
    var logLevel: LogLevel = .notice

    @OptionGroup var passphraseOptions: PassphraseOptions

    func validate() throws {
        for (name, value) in [("--port", port), ("--grpc-port", grpcPort), ("--metrics-port", metricsPort)]
        where !(0...65_535).contains(value) {
            throw ValidationError("\(name) must be from 0 to 65535")
        }
    }

    func run() async throws {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        // A core file would hold the keys.
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        var options = ServerOptions(
            dataDirectory: DataDirectory(dataDir), issuerFile: configPath,
            http: ListenAddress(host: host, port: port), grpc: ListenAddress(host: grpcHost, port: grpcPort),
            metrics: ListenAddress(host: metricsHost, port: metricsPort), algorithms: clientSigningAlgorithms,
            isDevelopment: development)
        options.tls = try Self.files(tlsCertificate, tlsKey, "--tls")
        guard idleConnectionTimeout.last == "s", let seconds = Int(idleConnectionTimeout.dropLast()), seconds > 0 else {
            throw ConfigurationMistakes(["--idle-connection-timeout must be a number of seconds such as 30s"])
        }
        options.idleTimeout = .seconds(seconds)
        options.grpcTLS = try Self.files(grpcTlsCertificate, grpcTlsKey, "--grpc-tls")
        var logger = Logger(label: "mintmark") { _ in LineLogHandler(format: .forStandardError) }
        logger.logLevel = logLevel.level
        let server = try await MintmarkServer.prepare(
            options, passphrase: { try passphraseOptions.passphrase(isNew: false) }, logger: logger,
            now: Timestamp.now)
        try await server.run(until: [.sigterm, .sigint])
    }

    private static func files(_ certificate: String?, _ key: String?, _ prefix: String) throws -> TLSFiles? {
        switch (certificate, key) {
        case (let certificate?, let key?): return TLSFiles(certificate: certificate, key: key)
        case (nil, nil): return nil
        default: throw ConfigurationMistakes(["\(prefix)-certificate and \(prefix)-key go together"])
        }
    }
}

/// The levels of log lines that can be asked for.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case debug
    case info
    case notice

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .notice }
}
