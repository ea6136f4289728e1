internal import ArgumentParser

/// What operators do to a log.
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Change what the log of a data directory takes.", subcommands: [LogRoots.self])
}
