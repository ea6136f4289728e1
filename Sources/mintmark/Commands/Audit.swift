internal import ArgumentParser
internal import Server
internal import StrictJSON

/// Works with the audit stream of a server.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Work with the audit stream that serve --audit-log writes.", subcommands: [Verify.self])

    /// Follows the chain of an audit stream.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that no record of an audit stream was changed, removed or put in.",
            discussion: """
                Every record names the SHA-256 of the line before it. This says the first thing that is wrong, and \
                exits with status 1. Whoever may write the file can replace all of it: keep the last digest elsewhere \
                from time to time and look whether it is still there.

                Example:
                  mintmark audit verify /var/log/mintmark/audit.jsonl
                """
        )

        @Argument(help: "The file of the audit stream.")
        var file: String

        @Flag(help: "Print the result as one JSON object.")
        var json = false

        func run() throws {
            do {
                let verifier = try AuditFileCheck.verify(file)
                StandardOutput.write(json ? Self.json(verifier).string : Self.text(verifier))
            } catch let wrong as AuditBreak {
                guard json else { throw ConfigurationMistakes(["\(file): \(wrong)"]) }
                let result: JSONValue = [
                    "ok": .bool(false), "line": .integer(Int64(wrong.line)), "problem": .string(wrong.problem),
                ]
                StandardOutput.write(JSONText(result).string)
                throw ExitCode.failure
            }
        }

        private static func text(_ verifier: AuditVerifier) -> String {
            let torn = verifier.tornCount == 0 ? "" : ", \(verifier.tornCount) interrupted lines"
            return "ok: \(verifier.recordCount) records\(torn), the last is \(verifier.digest ?? "none")"
        }

        private static func json(_ verifier: AuditVerifier) -> JSONText {
            JSONText([
                "ok": .bool(true), "records": .integer(Int64(verifier.recordCount)),
                "torn": .integer(Int64(verifier.tornCount)),
                "sequence": .integer(Int64(clamping: verifier.sequence ?? 0)),
                "digest": verifier.digest.map { .string($0) } ?? .null,
            ])
        }
    }
}
