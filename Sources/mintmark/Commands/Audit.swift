internal import ArgumentParser
internal import OpenSSL
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
                exits with status 1. The last record has none after it, so a changed last record, or a tail that was \
                cut off, cannot be seen from the file alone; and whoever may write the file can replace all of it. \
                Keep the last digest and number elsewhere from time to time, and give them here.

                Example:
                  mintmark audit verify /var/log/mintmark/audit.jsonl --at-least 4711
                """
        )

        @Argument(help: "The file of the audit stream.")
        var file: String

        @Option(
            help: ArgumentHelp(
                "The digest that an earlier run ended with: some record must still have it.", valueName: "digest"))
        var expectLast: String?

        @Option(help: ArgumentHelp("The number that the last record must have reached.", valueName: "number"))
        var atLeast: UInt64?

        @Flag(help: "Print the result as one JSON object.")
        var json = false

        func validate() throws {
            guard let expectLast else { return }
            guard expectLast.utf8.count == 64, [UInt8](hexadecimal: expectLast.lowercased()) != nil else {
                throw ValidationError("--expect-last is a SHA-256 in 64 hexadecimal digits")
            }
        }

        func run() throws {
            do {
                let verifier = try AuditFileCheck.verify(file, containing: expectLast?.lowercased(), atLeast: atLeast)
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
