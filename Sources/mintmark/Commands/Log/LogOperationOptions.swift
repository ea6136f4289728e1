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

    /// Does an operation after which the log writes again, and prints its record.
    ///
    /// An order to close it that nobody has carried out is taken back before: a server that starts right after the
    /// operation would carry it out.
    func resume(_ kind: StoreOperation.Kind) async throws {
        try await options.run { progress in
            let closing = ShardClosing(directory.value, shard: shard)
            let order = try closing.withdraw()
            let operation: StoreOperation
            do { operation = try await self.operation(kind, progress) } catch {
                if let order { try closing.restore(order) }
                throw error
            }
            if let order {
                StandardError.report("took back the order to close the log that nobody carried out: \(order.reason)")
            }
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
