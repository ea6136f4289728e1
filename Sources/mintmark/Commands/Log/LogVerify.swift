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

    @Option(
        help: ArgumentHelp(
            "Compare the log with this guard file; the one beside the log unless given.", valueName: "file"))
    var logGuard: String?

    @OptionGroup var options: ProgressOptions

    func run() async throws {
        try await options.run { progress in
            let log = try StoredLog(DataDirectory(directory))
            if let logGuard, !PrivateFile.exists(logGuard) { throw StoreRefusal.guardMissing(path: logGuard) }
            let report = try await log.inspection().run(guardPath: logGuard ?? log.defaultGuard) {
                progress.update($0)
            }
            return (words: Self.text(report), json: Self.json(report))
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
