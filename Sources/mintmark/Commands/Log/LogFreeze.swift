internal import ArgumentParser
internal import TransparencyLog

/// Stops a log until another operation.
struct LogFreeze: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: "Let a log write nothing more until it is thawed, adopted or closed; reads go on.")

    @OptionGroup var operation: LogOperationOptions

    func run() async throws { try await operation.perform(.freeze) }
}
