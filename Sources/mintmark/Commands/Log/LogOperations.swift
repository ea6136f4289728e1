internal import ArgumentParser
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import TransparencyLog

/// What the commands have in common that change the state of a log.
struct LogOperationOptions: ParsableArguments {
    @OptionGroup var directory: LogDirectory

    @Option(help: "The shard; to be named when there are several.")
    var shard: String?

    @Option(help: "Why, in words for whoever reads the record later.")
    var reason: String

    @Option(
        help: ArgumentHelp(
            "What serve gets as --log-guard; the guard file is beside the log unless given.", valueName: "file"))
    var logGuard: String?

    @OptionGroup var options: ProgressOptions

    func validate() throws { try OperationReason.validate(reason) }

    /// Does the operation and prints its record.
    func perform(_ kind: StoreOperation.Kind) async throws {
        try await options.run { progress in
            let operation = try await operation(kind, progress)
            return (words: operation.text, json: operation.json)
        }
    }

    /// Does the operation.
    func operation(_ kind: StoreOperation.Kind, _ progress: ProgressLine) async throws -> StoreOperation {
        let log = try StoredLog(directory.value, shard: shard)
        return try await log.operating(logGuard: logGuard).perform(
            kind, actor: Operator.name, reason: reason, now: .now()
        ) { progress.update($0) }
    }
}

/// What is kept with an operation.
enum OperationReason {
    /// Throws unless it is one line of words.
    static func validate(_ reason: String) throws {
        let isPrintable = reason.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isPrintable, reason.contains(where: { $0 != " " }), reason.utf8.count <= 1000 else {
            throw ValidationError("--reason must be a line of 1 to 1000 octets")
        }
    }
}

/// Stops a log until another operation.
struct LogFreeze: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "freeze",
        abstract: "Let a log write nothing more until it is thawed, adopted or closed; reads go on.")

    @OptionGroup var operation: LogOperationOptions

    func run() async throws { try await operation.perform(.freeze) }
}

/// Lets a frozen log write again.
struct LogThaw: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thaw",
        abstract: "Let a frozen log write again, when all of it recomputes and its guard file agrees.")

    @OptionGroup var operation: LogOperationOptions

    func run() async throws { try await operation.perform(.thaw) }
}

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

    func run() async throws { try await operation.perform(.adopt) }
}
