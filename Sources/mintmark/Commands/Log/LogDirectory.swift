internal import ArgumentParser
internal import Server

/// The directory that a command about a log is for, by its place or by name.
struct LogDirectory: ParsableArguments {
    @Argument(help: "The directory that init made.")
    var directory: String?

    @Option(help: "The same by name, as serve calls it.")
    var dataDir: String?

    func validate() throws {
        guard (directory == nil) != (dataDir == nil) else {
            throw ValidationError("name the data directory once, as the argument or with --data-dir")
        }
    }

    /// The directory that was named.
    var value: DataDirectory { DataDirectory(directory ?? dataDir ?? "") }
}
