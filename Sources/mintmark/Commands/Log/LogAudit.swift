internal import ArgumentParser
internal import Monitor
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import TransparencyLog

/// Audits a log from outside.
struct LogAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Recompute a log from what it shows to everybody.",
        discussion: """
            Downloads the entries, recomputes every hash and tile up to the signed root, and reads every certificate. \
            With --state the next run reads only what is new, and notices a log that goes back on what it showed: keep \
            that file where the log's operator cannot write. With --ca every entry must lead to one of these \
            certificates and be for code signing. A head that is older than the log promises to let it become is a \
            finding too, unless the log says in log.v3.json that it is read-only and this its final head.

            Status 0 when all fits together, 1 with the first thing that does not, and when the log does not answer.

            Example:
              mintmark log audit https://ca.example.com/log/2026a \\
                --log-key log-key.pem --ca root.pem --state log.state
            """)

    @Argument(help: "The log's URL, which its endpoints lie below.")
    var url: String

    @OptionGroup var log: RemoteLogOptions

    @Option(help: ArgumentHelp("PEM certificates that entries must lead to; may be repeated.", valueName: "file"))
    var ca: [String] = []

    @Option(help: ArgumentHelp("What to remember from run to run; made when it is not there.", valueName: "file"))
    var state: String?

    @Option(
        help: ArgumentHelp(
            "How old the head may be; the log's own mmd and a minute unless given, 86400 for one that names none.",
            valueName: "seconds"))
    var maxAge: Int?

    @Flag(help: "Read every entry again, also those of earlier runs.")
    var full = false

    @OptionGroup var options: ProgressOptions

    func validate() throws {
        guard maxAge.map({ (1...1_000_000_000).contains($0) }) != false else {
            throw ValidationError("--max-age must be from 1 to 1000000000")
        }
    }

    func run() async throws {
        var failure: String?
        try await options.run { progress in
            let roots = try ca.flatMap { try AcceptedRoots.certificates(in: $0) }
            let previous = try readState()
            // Before anything is downloaded: the result would be in vain.
            if let state { try PrivateFile.checkReplaceable(state) }
            let (client, source) = try await log.client(url, previous: previous)
            var audit = RemoteAudit(
                client, previous: previous, roots: roots, isFull: full, maximumAge: maxAge.map { .seconds($0) })
            let report = try await audit.run(now: .now()) { progress.update($0, of: $1) }
            let unwritten = keep(report.state, after: previous)
            failure = report.findings.first?.description ?? unwritten
            let summary = AuditSummary(
                report: report, client: client, keySource: source, previous: previous, unwrittenState: unwritten)
            return (words: summary.text, json: summary.json)
        }
        guard let failure else { return }
        if !options.json { StandardError.report(failure) }
        throw ExitCode.failure
    }

    /// Writes the state if it is new; answers with the reason when it cannot be written.
    private func keep(_ new: AuditState?, after previous: AuditState?) -> String? {
        guard let state, let new, new != previous else { return nil }
        do {
            try PrivateFile.replace(state, new.json.bytes)
            return nil
        } catch {
            return "the state is not written: \(error)"
        }
    }

    private func readState() throws -> AuditState? {
        guard let state, PrivateFile.exists(state) else { return nil }
        do {
            return try AuditState(parsing: try PrivateFile.read(state, readers: .anyone))
        } catch let error as AuditStateError {
            throw ConfigurationMistakes(["\(state): \(error)"])
        }
    }
}

/// The result of an audit in words and as JSON.
struct AuditSummary {
    let report: AuditReport
    let client: LogClient
    let keySource: RemoteLogOptions.KeySource
    let previous: AuditState?
    /// Why the state could not be written; nil when it was, or need not be.
    let unwrittenState: String?

    private var head: TreeHead { report.head.head }

    /// The result for a program.
    var json: JSONValue {
        [
            "ok": .bool(report.isGood && unwrittenState == nil),
            "origin": .string(client.origin.text), "api": .string(client.api.rawValue),
            "size": .integer(Int64(clamping: head.size.value)), "root": .string(Base64.encode(head.root.bytes)),
            "timestamp": .integer(Int64(clamping: head.timestamp.milliseconds)),
            "recomputedRoot": report.recomputedRoot.map { .string(Base64.encode($0.bytes)) } ?? .null,
            "entries": .integer(Int64(clamping: report.entryCount)), "logKey": .string(keySource.rawValue),
            "logID": .string(Base64.encode(client.key.subjectPublicKeyInfo.sha256.bytes)),
            "consistentWith": report.consistentWith.map(Self.json) ?? .null,
            "consistencyProof": .bool(report.hasConsistencyProof),
            "findings": .array(report.findings.map(\.json)),
            "stateError": unwrittenState.map { .string($0) } ?? .null,
            "earlierFindings": .integer(Int64(clamping: previous?.findingCount ?? 0)),
            "evidence": .integer(Int64(clamping: report.state?.evidence.count ?? 0)),
        ]
    }

    /// The result for a person.
    var text: String {
        var rows = Rows()
        rows.add("log", client.origin.text)
        rows.add("log key", "SHA-256 \(client.key.subjectPublicKeyInfo.sha256.hex), \(keySource.text)")
        rows.add("read over", client.api == .tiles ? "the Static CT API" : "RFC 6962")
        rows.add("size", String(head.size.value))
        rows.add("root", head.root.hex)
        rows.add("signed at", head.timestamp.rfc3339)
        rows.add("entries read", String(report.entryCount))
        rows.add("continues", report.consistentWith.map(\.text))
        if let previous, previous.findingCount > 0 { rows.add("earlier findings", String(previous.findingCount)) }
        let evidence = report.state?.evidence.count ?? 0
        if evidence > 0 { rows.add("contradictions", "\(evidence) kept in the state, two signed heads each") }
        rows.add("state", unwrittenState)
        if !report.isGood {
            let isCut = report.findings.count >= RemoteAudit.maximumFindingCount
            let more = isCut ? " and perhaps more; the audit ended here" : ""
            rows.addHeading("Wrong (\(report.findings.count)\(more)):")
            for finding in report.findings { rows.addHeading("  \(finding.description.debugQuoted)") }
        }
        return "\(report.isGood ? "Everything fits together" : "Something is wrong")\n\(rows.text())"
    }

    private static func json(_ head: TreeHead) -> JSONValue {
        [
            "size": .integer(Int64(clamping: head.size.value)), "root": .string(Base64.encode(head.root.bytes)),
            "timestamp": .integer(Int64(clamping: head.timestamp.milliseconds)),
        ]
    }
}
