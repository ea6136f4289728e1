internal import ArgumentParser
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import TransparencyLog

/// Recomputes a stored log.
struct LogVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recompute every hash, tile and checkpoint of a stored log.",
        discussion: """
            Works on a data directory, also while its server runs, and on a backup; changes nothing and needs no \
            passphrase. Status 0 when everything fits together, 1 with the first thing that does not.

            Example:
              mintmark log verify /var/lib/mintmark
            """)

    @Argument(help: "The data directory, or a backup.")
    var directory: String

    @Option(help: "The shard; all of them unless given.")
    var shard: String?

    @Option(
        help: ArgumentHelp(
            "Compare with the guard file that serve gets as --log-guard; the one beside the log unless given.",
            valueName: "file"))
    var logGuard: String?

    @OptionGroup var options: ProgressOptions

    func run() async throws {
        try await options.run { progress in
            var found: [(name: String, report: SQLiteStoreInspection.Report)] = []
            let logs = try StoredLog.some(DataDirectory(directory), shard: shard)
            for log in logs {
                let guardPath = log.guardFile(logGuard)
                if logGuard != nil, !PrivateFile.exists(guardPath) { throw StoreRefusal.guardMissing(path: guardPath) }
                do {
                    let report = try await log.inspection().run(guardPath: guardPath) { progress.update($0) }
                    found.append((log.settings.shard, report))
                } catch let refusal as StoreRefusal where logs.count > 1 {
                    throw ConfigurationMistakes(["shard \(log.settings.shard): \(refusal)"])
                }
            }
            if let only = found.first, found.count == 1 {
                return (words: Self.text(only.report), json: Self.json(only.report))
            }
            let words = found.map { "Shard \($0.name)\n\(Self.text($0.report))" }.joined(separator: "\n")
            let values = found.map { name, report in
                JSONValue.object(
                    [JSONMember(name: "shard", value: .string(name))] + (Self.json(report).members ?? []))
            }
            return (words: words, json: ["ok": true, "shards": .array(values)])
        }
    }

    private static func json(_ report: SQLiteStoreInspection.Report) -> JSONValue {
        [
            "ok": true, "tree_size": .integer(Int64(clamping: report.head.size.value)),
            "sha256_root_hash": .string(Base64.encode(report.head.root.bytes)),
            "timestamp": .integer(Int64(clamping: report.head.timestamp.milliseconds)),
            "tiles": .integer(Int64(clamping: report.tileCount)),
            "checkpoints": .integer(Int64(clamping: report.checkpointCount)),
            "state": .string(report.condition.isFinal ? report.condition.name : "sound"),
        ]
    }

    private static func text(_ report: SQLiteStoreInspection.Report) -> String {
        var rows = Rows()
        rows.add("entries", String(report.head.size.value))
        rows.add("root", report.head.root.hex)
        rows.add("newest head", report.head.timestamp.rfc3339)
        rows.add("tiles", String(report.tileCount))
        rows.add("checkpoints", String(report.checkpointCount))
        rows.add("state", report.condition.obstacle)
        return "Everything fits together\n\(rows.text())"
    }
}
