internal import ArgumentParser
internal import OpenSSL
internal import Server
internal import StrictJSON

/// Makes the next shard of a log.
struct LogRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Make the next shard of the log, with a new key, a new name and a new store.",
        discussion: """
            Each certificate goes to the newest shard whose window has its last second, so with --from issuance moves \
            over at that time, and without it at once. Give --from, and until then the new public key to your \
            clients: one that lacks it refuses certificates of the new shard. A running server takes the shard up by \
            itself; the older ones go on with reads and heads until they are closed. Run it as the user of the \
            server. The key is under the same passphrase as the others.

            Example:
              mintmark log rotate --data-dir /var/lib/mintmark \\
                --passphrase-file passphrase --from 2027-01-01T00:00:00Z --months 12
            """)

    @Option(help: "The directory that init made.")
    var dataDir: String

    @Option(help: "The shard's name; the year in which its window begins and the next free letter unless given.")
    var shard: String?

    @Option(
        help: ArgumentHelp(
            "Take certificates that expire from this time on, in UTC; now unless given.", valueName: "time"))
    var from: String?

    @Option(help: "The length of the window: 6 or 12 months; two years and a day unless given.")
    var months: Int?

    @Option(
        help: ArgumentHelp(
            "What serve gets as --log-guard: the new guard file has this name with -<shard> behind it.",
            valueName: "file"))
    var logGuard: String?

    @Option(help: "Why, in words for whoever reads the record later.")
    var reason = "the next shard"

    @Flag(help: "Print one JSON object instead of words.")
    var json = false

    @OptionGroup var passphraseOptions: PassphraseOptions

    func validate() throws {
        try OperationReason.validate(reason)
        guard months.map([6, 12].contains) != false else { throw ValidationError("--months must be 6 or 12") }
        guard from.map({ Timestamp(rfc3339: $0) != nil }) != false else {
            throw ValidationError("--from must be a time in UTC such as 2027-01-01T00:00:00Z")
        }
    }

    func run() async throws {
        let choice = NewShard.Choice(
            name: shard, from: from.flatMap { Timestamp(rfc3339: $0) }, months: months, logGuard: logGuard)
        let new = NewShard(in: DataDirectory(dataDir), choice, actor: Operator.name, reason: reason)
        let created = try await new.create(
            passphrase: { try passphraseOptions.source.passphrase(isNew: false) }, now: .now())
        for name in created.removed {
            StandardError.report("removed the shard \(name), which an interrupted rotation had left unfinished")
        }
        StandardOutput.write(json ? JSONText(Self.json(created)).string : text(created))
    }

    private static func json(_ created: NewShard.Created) -> JSONValue {
        let settings = created.settings
        return [
            "ok": true, "shard": .string(settings.shard), "previous": .string(created.previous.shard),
            "url": .string(settings.publicURL.submissionPrefix(shard: settings.shard)),
            "log_id": .string(Base64.encode(created.logID.bytes)),
            "start_inclusive": .string(settings.windowStart.rfc3339),
            "end_exclusive": .string(settings.windowEnd.rfc3339),
            "removed": .array(created.removed.map { .string($0) }),
        ]
    }

    private func advice(_ start: Timestamp, isWaiting: Bool) -> String {
        isWaiting
            ? "It takes certificates that expire from \(start.rfc3339) on: give your clients the public key before."
            : "It takes certificates from now on: give your clients the public key at once (--from leaves time for it)."
    }

    private func text(_ created: NewShard.Created) -> String {
        let settings = created.settings
        let directory = DataDirectory(dataDir)
        var rows = Rows()
        rows.add("log", settings.publicURL.submissionPrefix(shard: settings.shard))
        rows.add("log ID", created.logID.hex)
        rows.add("takes from", settings.windowStart.rfc3339)
        rows.add("until before", settings.windowEnd.rfc3339)
        rows.add("public key", directory.logPublicKey(settings.shard))
        rows.add("guard file", settings.guardFile(logGuard))
        return """
            Made the shard \(settings.shard), after \(created.previous.shard)
            \(rows.text())
            \(advice(settings.windowStart, isWaiting: from != nil))
            A running server takes it up within seconds: see /readyz for warnings, and its log.
            """
    }
}
