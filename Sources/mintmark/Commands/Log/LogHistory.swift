internal import ArgumentParser
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import TransparencyLog

/// Lists what operators did to a log.
struct LogHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List what operators did to a log, changed roots included: when, who and why.",
        discussion: "Reads only, also while a server runs.")

    @OptionGroup var directory: LogDirectory

    @Flag(help: "Print one JSON array instead of words.")
    var json = false

    func run() async throws {
        let log = try StoredLog(directory.value)
        let operations = try await log.operating(guardPath: nil).history()
        if json {
            StandardOutput.write(JSONText(.array(operations.map(\.json))).string)
        } else {
            StandardOutput.write(operations.isEmpty ? "Nothing" : operations.map(\.text).joined(separator: "\n"))
        }
    }
}

extension StoreOperation {
    /// The record as commands print it for programs.
    var json: JSONValue {
        [
            "sequence": .integer(Int64(clamping: sequence)), "time": .string(timestamp.rfc3339),
            "operation": .string(kind.rawValue), "actor": .string(actor), "reason": .string(reason),
            "tree_size": .integer(Int64(clamping: size)), "sha256_root_hash": .string(Base64.encode(root.bytes)),
        ]
    }

    /// The record as commands print it for people.
    var text: String {
        let quoted = (actor: actor.debugQuoted, reason: reason.debugQuoted)
        return "\(timestamp.rfc3339)  \(kind.rawValue) at size \(size) by \(quoted.actor): \(quoted.reason)"
    }
}
