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
            passphrase. Every entry's record, hashes, tiles, checkpoints, chains and the signature of what was \
            submitted are looked at, and the guard file. Status 0 when everything fits together, 1 with the first \
            thing that does not.

            Example:
              mintmark log verify /var/lib/mintmark
            """)

    @OptionGroup var directory: LogDirectory

    @Option(help: "The shard; all of them unless given.")
    var shard: String?

    @Option(
        help: ArgumentHelp(
            "Compare with the guard file that serve gets as --log-guard; the one beside the log unless given.",
            discussion: "serve refuses a log without its guard, and so does this; only a backup has none.",
            valueName: "file"))
    var logGuard: String?

    @OptionGroup var options: ProgressOptions

    func run() async throws {
        try await options.run { progress in
            var found: [(name: String, report: SQLiteStoreInspection.Report, guardText: String)] = []
            let logs = try StoredLog.some(directory.value, shard: shard)
            for log in logs {
                let guardPath = log.guardPath(logGuard)
                do {
                    let report = try await log.inspection().run(guardPath: guardPath) { progress.update($0) }
                    let guardText = guardPath == nil ? "a backup: no guard file" : "agrees"
                    found.append((log.settings.shard, report, guardText))
                } catch let refusal as StoreRefusal where logs.count > 1 {
                    throw ConfigurationMistakes(["shard \(log.settings.shard): \(refusal)"])
                }
            }
            if let only = found.first, found.count == 1 {
                return (words: Self.text(only.report, only.guardText), json: Self.json(only.report, only.guardText))
            }
            let words = found.map { "Shard \($0)\n\(Self.text($1, $2))" }.joined(separator: "\n")
            let values = found.map { name, report, guardText in
                JSONValue.object(
                    [JSONMember(name: "shard", value: .string(name))] + (Self.json(report, guardText).members ?? []))
            }
            return (words: words, json: ["ok": true, "shards": .array(values)])
        }
    }

    private static func json(_ report: SQLiteStoreInspection.Report, _ guardText: String) -> JSONValue {
        [
            "ok": true, "tree_size": .integer(Int64(clamping: report.head.size.value)),
            "sha256_root_hash": .string(Base64.encode(report.head.root.bytes)),
            "timestamp": .integer(Int64(clamping: report.head.timestamp.milliseconds)),
            "tiles": .integer(Int64(clamping: report.tileCount)),
            "checkpoints": .integer(Int64(clamping: report.checkpointCount)),
            "state": .string(report.condition.isFinal ? report.condition.name : "sound"),
            "guard": .string(guardText),
        ]
    }

    private static func text(_ report: SQLiteStoreInspection.Report, _ guardText: String) -> String {
        var rows = Rows()
        rows.add("entries", String(report.head.size.value))
        rows.add("root", report.head.root.hex)
        rows.add("newest head", report.head.timestamp.rfc3339)
        rows.add("tiles", String(report.tileCount))
        rows.add("checkpoints", String(report.checkpointCount))
        rows.add("guard", guardText)
        rows.add("state", report.condition.obstacle)
        return "Everything fits together\n\(rows.text())"
    }
}
