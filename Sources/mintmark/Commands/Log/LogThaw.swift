internal import ArgumentParser
internal import TransparencyLog

/// Lets a frozen log write again.
struct LogThaw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thaw",
        abstract: "Let a frozen log write again, when all of it recomputes and its guard file agrees.")

    @OptionGroup var operation: LogOperationOptions

    func run() async throws { try await operation.resume(.thaw) }
}
