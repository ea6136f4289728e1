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

    @Option(help: "The shard; all of them unless given.")
    var shard: String?

    @Flag(help: "Print one JSON array instead of words.")
    var json = false

    func run() async throws {
        let logs = try StoredLog.some(directory.value, shard: shard)
        var (values, lines) = ([JSONValue](), [String]())
        for log in logs {
            let name = log.settings.shard
            for operation in try await log.operating().history() {
                let members = (operation.json.members ?? []) + [JSONMember(name: "shard", value: .string(name))]
                values.append(.object(members))
                lines.append(logs.count == 1 ? operation.text : "\(name)  \(operation.text)")
            }
        }
        if json {
            StandardOutput.write(JSONText(.array(values)).string)
        } else {
            StandardOutput.write(lines.isEmpty ? "Nothing" : lines.joined(separator: "\n"))
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
