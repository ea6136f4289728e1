internal import ArgumentParser
internal import AsyncHTTPClient
internal import DevelopmentIssuer
internal import OpenSSL
internal import Server
internal import ServiceLifecycle
internal import StrictJSON
internal import UnixSignals

/// Shows the whole way, from nothing to a verified certificate.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a CA, get a certificate from it over HTTP, and verify it.",
        discussion: """
            Everything happens on this machine's loopback interface and in a temporary directory: a new CA with its \
            log, an issuer of tokens that vouches for anybody, and a client that gets one certificate and checks it \
            with nothing but the root and the log key. The directory is removed at the end.
            """
    )

    @Option(help: "Be a person with this e-mail address instead of a run of a workflow.")
    var email: String?

    @Option(help: "Write leaf, chain, root and log key into this new directory, which stays.")
    var output: String?

    @Flag(help: "Stay up afterwards, and print commands to try.")
    var keep = false

    @Flag(help: "Print the result as JSON; progress goes to standard error.")
    var json = false

    func run() async throws {
        if let output, PrivateFile.exists(output) {
            throw ConfigurationMistakes(["\(output) exists already; --output makes a new directory"])
        }
        say("Making a CA with its keys, certificates and log in a temporary directory …")
        let identity = email.map { DemoAuthority.Identity.email($0) } ?? .workflow
        let authority = try await Interruption.guarding({ try await DemoAuthority.create(identity) }) { $0.remove() }
        defer { authority.remove() }
        if let output { try PrivateFile.createDirectory(output) }
        let server = try await authority.server()
        let client = DemoClient(work: { try await request(authority, server) }, stays: keep)
        let listeners: [any Service] = [authority.provider] + server.services
        let services = listeners.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        let last = ServiceGroupConfiguration.ServiceConfiguration(
            service: client, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
        try await ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services + [last], gracefulShutdownSignals: [.sigterm, .sigint, .sighup],
                logger: authority.logger)
        ).run()
    }

    private func request(_ authority: DemoAuthority, _ server: MintmarkServer) async throws {
        let issuerURL = try await authority.provider.url()
        say("Started the issuer at \(issuerURL) and the CA at \(try await server.url())")
        let run = DemoRun(authority: authority, issuerURL: issuerURL, client: JSONClient(.shared), say: say)
        let outcome = try await run.run()
        let settings = authority.created.settings
        let files = try DemoFiles(
            outcome, logKey: authority.created.directory.logPublicKey(settings.shard),
            directory: output ?? authority.directory)
        let verdict = try await files.verifyWithOpenSSLCommand()
        say(verdict.map { "  ok: openssl verify says: \($0)" } ?? "  left out: there is no openssl command here")
        if json {
            StandardOutput.write(JSONText(result(outcome, files, issuerURL, verdict)).string)
        } else {
            StandardOutput.write("\nThe certificate:\n\(CertificateDescription(outcome.certificate).rows.text())\n")
            if output != nil || keep {
                StandardOutput.write("Files: \(files.leaf), \(files.chain), \(files.root), \(files.logKey)")
            }
            StandardOutput.write("Verified.")
        }
        if keep { say(commands(authority, issuerURL, files)) }
    }

    private func result(
        _ outcome: DemoRun.Outcome, _ files: DemoFiles, _ issuerURL: String, _ verdict: String?
    ) -> JSONValue {
        [
            "verified": true, "checks": .array(outcome.checks.map { .string($0) }),
            "opensslVerify": verdict.map { .string($0) } ?? .null,
            "certificate": CertificateDescription(outcome.certificate).json,
            "chain": .array(([outcome.certificate] + outcome.chain).map { .string($0.pem) }),
            "issuerURL": .string(issuerURL),
            "files": output == nil && !keep
                ? .null
                : [
                    "leaf": .string(files.leaf), "chain": .string(files.chain), "root": .string(files.root),
                    "logKey": .string(files.logKey),
                ],
        ]
    }

    private func commands(_ authority: DemoAuthority, _ issuerURL: String, _ files: DemoFiles) -> String {
        let settings = authority.created.settings
        let log = settings.publicURL.submissionPrefix(shard: settings.shard)
        let program = CommandLine.arguments.first ?? "mintmark"
        return """

            Still up. Try:
              curl -s \(settings.publicURL)/api/v2/trustBundle
              curl -s \(settings.publicURL)/api/v2/configuration
              curl -s \(log)ct/v1/get-sth
              curl -s \(log)checkpoint | \(program) inspect -
              curl -s '\(log)ct/v1/get-entries?start=0&end=0'
              curl -s -d '{"sub":"me"}' \(issuerURL)/token
              \(program) inspect \(files.leaf)
            Ctrl-C stops everything and removes the directory.
            """
    }

    private func say(_ line: String) {
        json ? StandardError.write(line) : StandardOutput.write(line)
    }
}

/// The client of the demonstration, which ends everything when it is done.
private struct DemoClient: Service {
    let work: @Sendable () async throws -> Void
    /// Whether everything stays up until a signal comes.
    let stays: Bool

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await work() }
        } catch is CancellationError {
            throw Interruption.Interrupted()
        }
        if stays { try await gracefulShutdown() }
    }
}
