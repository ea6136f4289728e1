internal import ArgumentParser

/// What operators do with a log beside serving it.
struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Search and check a log, and say what becomes of it.",
        discussion: """
            audit and get read a log over HTTP, anybody's. search, verify, history and roots without changes only read \
            and may run beside a server, and so may rotate, and close for a shard that issuance does not need, \
            because another open shard has the same certificates in its window. freeze, thaw and adopt need the \
            server stopped. They ask for a reason and leave a record in the log's store, which history shows; so does \
            roots when it changes something.
            """,
        subcommands: [
            LogAudit.self, LogGet.self, LogSearch.self, LogVerify.self, LogHistory.self, LogPending.self, LogRoots.self,
            LogRotate.self, LogFreeze.self, LogThaw.self, LogAdopt.self, LogClose.self,
        ])
}
