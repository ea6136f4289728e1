internal import ArgumentParser
internal import AsyncHTTPClient
internal import OpenSSL
internal import Server
internal import StrictJSON

/// Measures a log as it grows.
struct BenchLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Measure how a log does as it grows: appending, proofs, tiles, pages, start-up, memory, disk.",
        discussion: """
            Makes a CA with a durable log, has it issue one certificate, and appends entries like that one, each with \
            another serial number, with all that a batch needs: checks, signature, commit and guard file. At a \
            thousand, a hundred thousand and a million entries, as far as --entries goes, and at the end it starts a \
            server with the log, reads from it and issues certificates, and starts it again after a stop and a kill.

            A million entries take some minutes and about 3 GiB of disk.

            Example:
              mintmark bench log --entries 100000
            """
    )

    @Option(help: "How many entries the log grows to.")
    var entries: UInt64 = 100_000

    @Option(help: ArgumentHelp("Keep everything in this directory, which must not exist.", valueName: "dir"))
    var keep: String?

    @Option(help: "Seconds that certificates are issued at each size.")
    var duration = 5.0

    @OptionGroup var options: ProgressOptions

    /// The sizes at which a log is looked at on its way.
    private static let landmarks: [UInt64] = [1000, 100_000, 1_000_000, 10_000_000]

    func validate() throws {
        guard (1...10_000_000).contains(entries) else {
            throw ValidationError("--entries must be from 1 to 10000000")
        }
        guard duration > 0, duration <= 3600 else { throw ValidationError("--duration must be from 0 to 3600") }
    }

    func run() async throws {
        try await BenchTokens.issuing(at: 0) { issuerURL in
            let directory = try await BenchDirectory.create(
                at: keep, authority: .p256, issuerURL: issuerURL, port: try await FreePort.find())
            defer { if keep == nil { directory.remove() } }
            try await options.run { _ in try await measure(directory, issuerURL) }
        }
    }

    private func measure(
        _ directory: BenchDirectory, _ issuerURL: String
    ) async throws -> (words: String, json: JSONValue) {
        let plan = BenchPlan(authority: .p256, token: .rs256)
        let requests = try await PreparedRequests.make(
            count: 256, plan: plan, issuerURL: issuerURL, address: directory.address, client: JSONClient(.shared))
        let benchmark = LogBenchmark(
            directory: directory, requests: requests, plan: plan,
            duration: .seconds(duration), isProgressAskedFor: options.progress, metricsPort: try await FreePort.find())
        let figures = try await benchmark.run(Self.landmarks.filter { $0 < entries } + [entries])
        return (
            words: figures.map(\.text).joined(separator: "\n\n"),
            json: ["ok": true, "token": "rs256", "ca_key": "p256", "sizes": .array(figures.map(\.json))]
        )
    }
}
