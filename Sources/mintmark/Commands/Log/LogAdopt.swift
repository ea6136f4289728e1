internal import ArgumentParser
internal import TransparencyLog

/// Makes a store the log, whatever its guard says.
struct LogAdopt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Make this store the log although its guard file is missing or contradicts it.",
        discussion: """
            Only for whoever can prove that nothing newer than this store was ever shown: with the checkpoints that \
            monitors and witnesses have, and the highest index in any certificate. If anything newer was shown, the \
            log is broken for good by this; make a new shard instead. The whole store is recomputed first; lock file \
            and guard file are made anew.
            """)

    @OptionGroup var operation: LogOperationOptions

    func run() async throws { try await operation.resume(.adopt) }
}
