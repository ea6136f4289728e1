internal import ArgumentParser
internal import DevelopmentIssuer
internal import Logging
internal import OpenSSL
internal import Server
internal import ServiceLifecycle
internal import UnixSignals

/// Runs the OpenID Connect provider that vouches for anybody, on loopback only.
struct RunDevelopmentIssuer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "development-issuer",
        abstract: "Run an OpenID Connect provider for tests that vouches for anybody who asks.",
        discussion: """
            It listens on the loopback interface only and its keys end with it. POST a JSON object of claims to /token \
            and get a signed token; POST to /rotate for new keys.

            Example:
              curl -s http://127.0.0.1:9000/token \\
                -d '{"sub":"me","email":"me@example.com","email_verified":true}'
            """
    )

    @Option(help: "The loopback address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port; 0 takes a free one.")
    var port = 9000

    @Option(help: "The audience of tokens whose request names none.")
    var clientId = "sigstore"

    func run() async throws {
        let logger = Logger(label: "development-issuer") { _ in LineLogHandler(format: .forStandardError) }
        let provider = DevelopmentProvider(
            configuration: try ProviderConfiguration(host: host, port: port, clientID: clientId), logger: logger,
            now: Timestamp.now)
        let group = ServiceGroup(
            services: [provider], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await withThrowingDiscardingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            StandardOutput.write(try await provider.url())
        }
    }
}
