internal import ArgumentParser
internal import CertificateIndex
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import TransparencyLog

/// Lists certificates that may have been signed and of which no record says that they were issued.
struct LogPending: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pending",
        abstract: "List logged certificates that no audit record says were issued.",
        discussion: """
            The entry of a certificate is in the log before the CA signs it, and the audit record is on the disk \
            before it leaves, unless --audit-failure continue let it go without. So after a kill, a power cut, or an \
            audit stream that could not be written, what is in the log and in no record may have been signed. Of what \
            is in neither, at most a precertificate was, which no client takes. Entries of other CAs have no record \
            either; each line names the issuer.

            Name every file of the audit stream that has not been thrown away; entries older than the oldest of them \
            are listed as well, unless --from leaves them out. Reads only, also while a server runs: then what is \
            logged meanwhile is left out, and what is being issued at that moment may be listed.

            Example:
              mintmark log pending /var/lib/mintmark --audit-log /var/log/mintmark.jsonl
            """)

    @OptionGroup var directory: LogDirectory

    @Option(help: ArgumentHelp("A file of the audit stream; may be given several times.", valueName: "file"))
    var auditLog: [String] = []

    @Option(help: "The shard; all of them unless given.")
    var shard: String?

    @Option(help: "The first index to look at.")
    var from: UInt64 = 0

    @OptionGroup var options: ProgressOptions

    func validate() throws {
        if auditLog.isEmpty { throw ValidationError("name the audit stream with --audit-log") }
    }

    func run() async throws {
        try await options.run { progress in
            // The heads first: what is below them has its record by the time that the audit files are read.
            var logs: [(shard: String, reader: LogReader)] = []
            for log in try StoredLog.some(directory.value, shard: shard) {
                logs.append((log.settings.shard, try await log.source().reader()))
            }
            let recorded = try auditLog.reduce(into: Set<String>()) { serials, file in
                serials.formUnion(try AuditFileCheck.issuedSerials(file))
            }
            var found: [(shard: String, entry: LoggedCertificate)] = []
            for log in logs {
                try await Self.look(through: log.reader, from: from, progress) { entry in
                    let serial = String(entry.serial.drop { $0 == "0" })
                    if !recorded.contains(serial) { found.append((log.shard, entry)) }
                }
            }
            return (words: Self.text(found), json: Self.json(found))
        }
    }

    /// Gives every entry from an index on to `take`.
    private static func look(
        through reader: LogReader, from first: UInt64, _ progress: ProgressLine,
        _ take: (LoggedCertificate) -> Void
    ) async throws {
        let size = reader.checkpoint.signedTreeHead.head.size.value
        var next = first
        while next < size {
            let page = try await reader.page(from: next, through: size - 1)
            guard !page.entries.isEmpty else { throw ConfigurationMistakes(["entry \(next) is missing in the log"]) }
            for entry in page.entries { take(try LoggedCertificate(entry, attachments: page.attachments)) }
            next += UInt64(page.entries.count)
            progress.update(SQLiteStoreInspection.Progress(position: next, size: size))
        }
    }

    private static func text(_ found: [(shard: String, entry: LoggedCertificate)]) -> String {
        guard !found.isEmpty else { return "Nothing: all certificates that were looked at have a record" }
        let lines = found.map { shard, entry in
            "\(shard)  index \(entry.index.value)  \(entry.timestamp.rfc3339)  serial \(entry.serial)  "
                + "issuer \(entry.certificate.issuer)"
        }
        return (lines + ["\(found.count) may have been signed and have no record"]).joined(separator: "\n")
    }

    private static func json(_ found: [(shard: String, entry: LoggedCertificate)]) -> JSONValue {
        let list = found.map { shard, entry -> JSONValue in
            [
                "shard": .string(shard), "index": .integer(Int64(clamping: entry.index.value)),
                "timestamp": .string(entry.timestamp.rfc3339), "serial": .string(entry.serial),
                "precertificate_sha256": .string(entry.fingerprint.hex),
            ]
        }
        return ["ok": true, "pending": .array(list)]
    }
}
