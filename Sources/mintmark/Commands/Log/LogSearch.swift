internal import ArgumentParser
internal import CertificateIndex
internal import OpenSSL
internal import Server
internal import StrictJSON

/// Looks certificates up in a log.
struct LogSearch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find certificates in a log by what they say, newest first.",
        discussion: """
            A certificate is shown when it meets everything that is asked; without a condition all are. Texts are \
            compared whole and octet by octet, but for --san-prefix. The log holds precertificates: a fingerprint is \
            that of the precertificate, and a final certificate is found by its serial number.

            --data-dir reads the files, also while a server runs, and changes nothing in them. It uses the index of \
            serve --audit-index where there is one and otherwise reads every entry. --url asks the listener of serve \
            --audit-port, which searches all shards. Status 0 also when nothing is found.

            Examples:
              mintmark log search --data-dir /var/lib/mintmark --san jane@example.com
              mintmark log search --url http://127.0.0.1:8090 --all --json \\
                --since 2026-11-01T00:00:00Z \\
                --extension SourceRepositoryURI=https://github.com/example/tool
            """)

    @Option(help: "The data directory, or a backup.")
    var dataDir: String?

    @Option(help: "The shard of that directory; all of them unless given.")
    var shard: String?

    @Option(help: "The URL of an audit listener.")
    var url: String?

    @Option(help: ArgumentHelp("The file of the token for that listener.", valueName: "file"))
    var tokenFile: String?

    @OptionGroup(title: "Conditions") var conditions: SearchConditions

    @Option(help: "The most certificates to show.")
    var limit = 100

    @Flag(help: "Show all of them.")
    var all = false

    @OptionGroup var options: ProgressOptions

    /// How many certificates are asked for at once.
    private static let pageCount = 100

    func validate() throws {
        guard (dataDir == nil) != (url == nil) else { throw ValidationError("give either --data-dir or --url") }
        guard shard == nil || dataDir != nil else { throw ValidationError("--shard is for --data-dir") }
        guard tokenFile == nil || url != nil else { throw ValidationError("--token-file is for --url") }
        guard limit >= 1 else { throw ValidationError("--limit must be at least 1") }
        if let mistake = conditions.malformedExtension {
            throw ValidationError("--extension must be NAME=VALUE, not \(mistake.debugQuoted)")
        }
    }

    func run() async throws {
        try await options.reportingFailure { line in
            // Also for a server, so that a mistake is the same sentence everywhere.
            let query = try CertificateQuery(parameters: conditions.parameters)
            let source = try await source(query, line)
            do {
                try await show(source)
            } catch {
                await source.close()
                throw error
            }
            await source.close()
        }
    }

    private func source(_ query: CertificateQuery, _ line: ProgressLine) async throws -> any SearchSource {
        if let dataDir { return try await StoredSearch(DataDirectory(dataDir), shard: shard, query, progress: line) }
        let token = try tokenFile.map { path in
            let bytes = try PrivateFile.read(path, readers: .ownerAndGroup)
            return String(decoding: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        }
        return try RemoteSearch(url: url ?? "", token: token, parameters: conditions.parameters)
    }

    private func show(_ source: any SearchSource) async throws {
        var (left, cursor, found) = (all ? Int.max : limit, String?.none, [JSONValue]())
        var count = 0
        repeat {
            let answer = try await source.page(limit: min(left, Self.pageCount), cursor: cursor)
            let shown = answer.certificates.prefix(left)
            for certificate in shown { print(certificate, &found) }
            count += shown.count
            left -= shown.count
            guard answer.next == nil || answer.next != cursor else {
                throw JSONClient.UnexpectedAnswer(description: "\(url ?? "the search") repeats a page without an end")
            }
            cursor = answer.next
        } while cursor != nil && left > 0
        if options.json, !all {
            StandardOutput.write(
                JSONText(["certificates": .array(found), "more": .bool(cursor != nil)]).string)
        } else if !options.json {
            let more = cursor == nil ? "" : "; there may be more: give a larger --limit, or --all"
            let number = count == 1 ? "1 certificate" : "\(count) certificates"
            StandardOutput.write(count == 0 ? "Nothing" : number + more)
        }
    }

    private func print(_ certificate: JSONValue, _ found: inout [JSONValue]) {
        if !options.json {
            StandardOutput.write(FoundCertificate(json: certificate).text)
        } else if all {
            StandardOutput.write(JSONText(certificate).string)
        } else {
            found.append(certificate)
        }
    }
}

/// What certificates can be asked for.
struct SearchConditions: ParsableArguments {
    @Option(help: "The serial number, in hexadecimal.")
    var serial: String?

    @Option(help: "SHA-256 of the certificate as it was logged, in hexadecimal.")
    var fingerprint: String?

    @Option(help: "SHA-256 of the certified key (SubjectPublicKeyInfo), in hexadecimal.")
    var spki: String?

    @Option(help: "Who vouched for the name: the URL of the OIDC issuer.")
    var issuer: String?

    @Option(help: "Who issued it: the distinguished name, such as \"O=Example, CN=Example CA\", or SHA-256 of the key.")
    var ca: String?

    @Option(help: "A subject alternative name of any kind.")
    var san: String?

    @Option(help: "How a subject alternative name begins.")
    var sanPrefix: String?

    @Option(
        name: .customLong("extension"),
        help: ArgumentHelp(
            "A Fulcio extension, such as SourceRepositoryURI or 1.3.6.1.4.1.57264.1.12, and its text; may be repeated.",
            valueName: "name=value"))
    var extensions: [String] = []

    @Option(help: "Logged at or after this time, such as 2026-11-23T12:00:00Z.")
    var since: String?

    @Option(help: "Logged before this time.")
    var until: String?

    /// The first extension that has no equals sign; nil when all have one.
    var malformedExtension: String? { extensions.first { !$0.contains("=") } }

    /// The conditions as parameters of a query.
    var parameters: [(name: String, value: String)] {
        let single = [
            ("serial", serial), ("fingerprint", fingerprint), ("spki", spki), ("issuer", issuer), ("ca", ca),
            ("san", san), ("san_prefix", sanPrefix), ("since", since), ("until", until),
        ]
        let pairs = extensions.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return ("extension", parts.joined(separator: ":"))
        }
        return (single.compactMap { name, value in value.map { (name, $0) } } + pairs)
            .map { (name: $0.0, value: $0.1) }
    }
}
