internal import DevelopmentIssuer
internal import Issuance
internal import Logging
internal import OpenSSL
internal import Server
internal import ServiceLifecycle

/// A CA of its own for the demonstration, in a directory that goes away with it.
struct DemoAuthority {
    /// Who the demonstration is to be.
    enum Identity {
        /// A run of a workflow, with all that GitHub's tokens say.
        case workflow
        /// A person with an e-mail address.
        case email(String)

        /// The type of the issuer in the configuration file.
        var issuerType: String {
            switch self {
            case .workflow: "github-workflow"
            case .email: "email"
            }
        }
    }

    let identity: Identity
    let directory: String
    let created: CreatedAuthority
    let provider: DevelopmentProvider
    let logger: Logger

    private let passphrase: Passphrase

    /// Makes keys, certificates and the log below a fresh directory, for listeners on free ports.
    static func create(_ identity: Identity) async throws -> DemoAuthority {
        let directory = try PrivateFile.createTemporaryDirectory(prefix: "mintmark-demo")
        do {
            let url = "http://127.0.0.1:\(try await FreePort.find())"
            let authority = try NewAuthority(
                organization: "Mintmark demonstration", publicURL: url, shard: "demo", certificates: .new(.p384),
                now: .now())
            let passphrase = try Passphrase(Array(try RandomBytes.generate(count: 16).hexadecimal.utf8))
            let created = try await authority.create(at: DataDirectory("\(directory)/ca"), passphrase: passphrase)
            var logger = Logger(label: "demo") { _ in LineLogHandler(format: .forStandardError) }
            logger.logLevel = .error
            let provider = DevelopmentProvider(
                configuration: try ProviderConfiguration(port: try await FreePort.find()), logger: logger,
                now: Timestamp.now
            )
            return DemoAuthority(
                identity: identity, directory: directory, created: created, provider: provider, logger: logger,
                passphrase: passphrase)
        } catch {
            removeDirectory(directory)
            throw error
        }
    }

    /// Removes everything that was made.
    func remove() {
        Self.removeDirectory(directory)
    }

    /// The CA's server, trusting the development issuer alone; nothing listens yet.
    func server() async throws -> MintmarkServer {
        let issuerURL = "http://127.0.0.1:\(provider.configuration.port)"
        let file = "\(directory)/issuers.yaml"
        let text = """
            oidc-issuers:
              \(issuerURL):
                issuer-url: \(issuerURL)
                client-id: sigstore
                type: \(identity.issuerType)

            """
        try PrivateFile.create(file, Array(text.utf8))
        let port = created.settings.publicURL.text.split(separator: ":").last.flatMap { Int($0) } ?? 0
        let address = ListenAddress(host: "127.0.0.1", port: port)
        let options = ServerOptions(
            dataDirectory: created.directory, issuerFile: file, http: address, grpc: address,
            metrics: ListenAddress(host: "127.0.0.1", port: 0),
            algorithms: ClientSigningAlgorithm.defaults.map(\.rawValue).joined(separator: ","), isDevelopment: false)
        return try await MintmarkServer.prepare(options, passphrase: { passphrase }, logger: logger, now: Timestamp.now)
    }

    private static func removeDirectory(_ path: String) {
        PrivateFile.removeDirectory(path)
    }
}
