internal import ArgumentParser
internal import OpenSSL
internal import Server
internal import TransparencyLog

/// Ends a log for good.
struct LogClose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close",
        abstract: "Let a shard write nothing more for good; reads go on. This cannot be taken back.",
        discussion: """
            Works while the server runs if issuance does not need the shard, which is when another open shard has the \
            certificates that are made now in its window: mintmark log rotate makes one. The order is written into \
            the settings, the server finishes what it has accepted, signs the final head and closes the shard, and \
            the command waits for that. The newest of the open shards with that window takes over. When it has \
            waited for --timeout it takes the order back. A frozen shard is closed while the server is stopped.

            Example:
              mintmark log close --data-dir /var/lib/mintmark --shard 2026a \\
                --reason "2026b took over"
            """)

    @OptionGroup var operation: LogOperationOptions

    @Option(help: "Seconds to wait for a running server.")
    var timeout = 60

    func validate() throws {
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout must be from 1 to 86400") }
    }

    func run() async throws {
        try await operation.options.run { progress in
            do {
                let done = try await operation.operation(.close, progress)
                return (words: done.text, json: done.json)
            } catch StoreRefusal.locked {
                let order = ShardClosing(
                    operation.directory.value, shard: operation.shard, logGuard: operation.logGuard)
                let done = try await order.give(
                    actor: Operator.name, reason: operation.reason, within: .seconds(timeout), now: .now())
                return (words: done.text, json: done.json)
            }
        }
    }
}
