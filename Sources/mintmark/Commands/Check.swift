internal import ArgumentParser
internal import Identity
internal import Logging
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import Glibc

/// Checks what `serve` would read, and starts nothing.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check an identity configuration, or all that serve would read, without starting.",
        usage: "mintmark check [--config-path <file>] [--json] [--<setting of serve> <value> ...]",
        discussion: """
            Takes the settings of serve, from flags, environment and file alike. Without --ca
            and --data-dir it looks at the identity configuration alone; with one of them
            also at certificates, keys, TLS, other logs' files and the end of the audit stream,
            puts the own log's shards through the checks of a start and lists them with their
            state, and says how much memory the limits allow at most. No port is opened,
            nothing is written, and no lock is taken, so a server may run meanwhile.

            Exit status 0 when nothing wrong was found, 1 with one line a mistake otherwise.
            That a port is free, only serve finds out; every hash of every entry, log verify.

            Example:
              mintmark check --config-path issuers.yaml
            """
    )

    @Argument(parsing: .captureForPassthrough, help: .hidden)
    var arguments: [String] = []

    func run() async throws {
        KeyProtection.begin()
        let given = CommandLineSettings(arguments, switches: ["help", "json"])
        if given.switches.contains("help") { throw CleanExit.helpRequest(Self.self) }
        let isJSON = given.switches.contains("json")
        let collected = CollectedWarnings()
        do {
            let settings = Settings(given, .ofProcess)
            var warnings = settings.warnings
            let options = try ServerOptions(settings, requiresAuthority: false, warnings: &warnings)
            let logger = Logger(label: "check") { _ in collected }
            let found = try Server.StartUpCheck.run(
                options, passphrase: { try PassphraseSource(settings).passphrase(isNew: false) }, now: Timestamp.now,
                logger: logger)
            // How it listens says nothing about a file of issuers.
            let isWhole = Server.StartUpCheck.coversAuthority(options)
            let report = Report(
                file: options.issuerFile, found: found,
                warnings: (isWhole ? warnings : settings.warnings) + collected.sentences)
            StandardOutput.write(isJSON ? JSONText(report.json).string : report.text)
        } catch let mistakes as SettingMistakes where isJSON && mistakes.usage.isEmpty {
            StandardOutput.write(JSONText(Report.json(mistakes: mistakes.lines)).string)
            throw ExitCode.failure
        } catch let mistakes as ConfigurationMistakes where isJSON {
            StandardOutput.write(JSONText(Report.json(mistakes: mistakes.lines)).string)
            throw ExitCode.failure
        }
    }
}

/// What a check found when nothing was wrong.
private struct Report {
    let file: String?
    let found: Server.StartUpCheck.Report
    let warnings: [String]

    private var name: String { file ?? "the built-in issuers" }
    private var issuers: LoadedIssuers { found.issuers }

    var text: String {
        var rows = Rows()
        for issuer in issuers.configuration.listed {
            rows.add(issuer.name, "\(issuer.settings.kind.name), audience \(issuer.settings.clientID)")
        }
        let head = "\(name): good, version \(issuers.version), trusts \(issuers.configuration.listed.count):"
        let shards = found.shards.map { ShardDescription(shard: $0).text }
        let memory = found.ceiling.map { ceiling in
            ["memory: at most \(ceiling.mebibyteCount) MiB by the limits:", Self.parts(ceiling)]
        }
        let lines = [head, rows.text()] + shards + (memory ?? []) + warnings.map { "warning: \($0)" }
        return lines.joined(separator: "\n")
    }

    private static func parts(_ ceiling: MemoryCeiling) -> String {
        var rows = Rows()
        for part in ceiling.parts {
            rows.add(part.name, "\(part.totalByteCount >> 20) MiB: \(part.count) of \(part.byteCount >> 10) KiB")
        }
        return rows.text()
    }

    var json: JSONValue {
        let list = issuers.configuration.listed.map { issuer -> JSONValue in
            let isPattern = if case .meta = issuer { true } else { false }
            return [
                "issuer": .string(issuer.name), "isPattern": .bool(isPattern),
                "type": .string(issuer.settings.kind.name), "audience": .string(issuer.settings.clientID),
            ]
        }
        return [
            "valid": true, "file": file.map { .string($0) } ?? .null, "version": .string(issuers.version),
            "issuers": .array(list), "memoryCeiling": found.ceiling?.json ?? .null,
            "shards": .array(found.shards.map { ShardDescription(shard: $0).json }),
            "warnings": .array(warnings.map { .string($0) }), "mistakes": [],
        ]
    }

    static func json(mistakes: [String]) -> JSONValue {
        ["valid": false, "mistakes": .array(mistakes.map { .string($0) })]
    }
}
