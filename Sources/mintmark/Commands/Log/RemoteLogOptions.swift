internal import ArgumentParser
internal import CertificateTransparency
internal import Monitor
internal import OpenSSL
internal import Server
internal import TransparencyLog

/// How to read a log over HTTP, and what is known of it beforehand.
struct RemoteLogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The public key of the log in PEM, got from its operator. Without it audit and get ask the log itself, "
                + "and verify needs --data-dir.",
            valueName: "file"))
    var logKey: String?

    @Option(
        help: ArgumentHelp(
            "The name of the log; its URL without scheme unless given. Needed where it is read at another URL.",
            valueName: "name"))
    var origin: String?

    @Option(help: "Which API to read: rfc6962, static, or auto for tiles when there are any.")
    var api = Choice.auto

    /// What `--api` takes.
    enum Choice: String, CaseIterable, ExpressibleByArgument {
        case auto
        case rfc6962
        case tiles = "static"
    }

    /// Where the log's key is from.
    enum KeySource: String {
        case file, state, log

        /// The words for a person.
        var text: String {
            switch self {
            case .file: "given"
            case .state: "the one of the earlier runs"
            case .log: "taken from the log itself, which nobody vouches for"
            }
        }
    }

    /// The name that was given; throws when it cannot be one.
    func chosenOrigin() throws -> Origin? {
        try origin.map { name throws -> Origin in
            guard let origin = Origin(name) else { throw ValidationError("--origin is not the name of a log") }
            return origin
        }
    }

    /// A client of the log at a URL, with the key that was given, remembered, or else the one that the log names.
    ///
    /// `trusted` is a key that is known already, with the log's name if that is known too.
    func client(
        _ text: String, previous: AuditState? = nil, trusted: (key: PublicKey, origin: Origin?)? = nil
    ) async throws -> (client: LogClient, key: KeySource) {
        guard let url = LogURL(text) else { throw ValidationError("\(text.debugQuoted) is not the URL of a log") }
        let transport = try LogTransport(url, now: Timestamp.now)
        let fetch: LogClient.Fetch = { try await transport.get($0, limit: $1) }
        let chosen = try chosenOrigin()
        let (key, named, source) = try await explaining { try await knownKey(fetch, previous, trusted) }
        let name = chosen ?? named ?? url.origin
        if let previous, previous.key != key.subjectPublicKeyInfo || previous.origin != name {
            throw ConfigurationMistakes(["the state is that of another log, \(previous.origin), or of another key"])
        }
        let api: LogAPI =
            switch self.api {
            case .auto: try await explaining { try await LogClient.discoverAPI(fetch) }
            case .rfc6962: .rfc6962
            case .tiles: .tiles
            }
        return (LogClient(api: api, origin: name, key: key, fetch: fetch), source)
    }

    /// Where nothing of a log is found, says what may be wrong with its URL.
    private func explaining<Result>(_ work: () async throws -> Result) async throws -> Result {
        do {
            return try await work()
        } catch let failure as LogClientFailure where failure.isNotFound {
            throw ConfigurationMistakes([
                "\(failure); is this a log's URL, such as https://ca.example.com/log/2026a?"
            ])
        }
    }

    private func knownKey(
        _ fetch: LogClient.Fetch, _ previous: AuditState?, _ trusted: (key: PublicKey, origin: Origin?)?
    ) async throws -> (key: PublicKey, origin: Origin?, source: KeySource) {
        if let trusted { return (trusted.key, trusted.origin, .file) }
        if let logKey { return (try LogKeyFile.read(logKey), previous?.origin, .file) }
        if let previous { return (try PublicKey(previous.key), previous.origin, .state) }
        let (key, origin) = try await LogClient.describedKey(fetch)
        return (key, origin, .log)
    }
}

/// A file with the public key of a log.
enum LogKeyFile {
    /// The key; throws one line when the file cannot be read or holds no key that a log has.
    static func read(_ path: String) throws -> PublicKey {
        do {
            return try RemoteLogKey.read(pem: try PrivateFile.read(path, readers: .anyone))
        } catch let refusal as RemoteLogKey.Refusal {
            throw ConfigurationMistakes(["\(path): \(refusal)"])
        }
    }
}
