internal import ArgumentParser

/// Measures this machine and this program.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure how fast certificates can be issued on this machine.",
        discussion: """
            One issuance needs one token verified, one client key imported, one proof verified, two signatures of the \
            CA and one of the log. `bench crypto` times these alone; that is the bound that `bench issue` compares with.
            """,
        subcommands: [BenchCrypto.self, BenchIssue.self, BenchLog.self]
    )
}
