internal import ArgumentParser
internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import OpenSSL
internal import Server
internal import StrictJSON

/// Issues certificates as fast as a server allows.
struct BenchIssue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Issue certificates over HTTP as fast as possible, or at a rate, and compare with the bound.",
        discussion: """
            Starts a server of its own, with a log that is durable, and an issuer of tokens; prepares distinct keys \
            and tokens; then drives kept connections. With --url it drives a server that runs already and trusts, as \
            type email, the issuer that this command starts at --issuer-port. The load generator uses the same machine.

            Example:
              mintmark bench issue --connections 16 --duration 10
            """
    )

    @Option(help: "The server to drive, such as http://127.0.0.1:8080; without it one is started.")
    var url: String?

    @Option(help: "The process of the server to drive, for its processor time and memory.")
    var pid: Int32?

    @Option(help: "The port of the issuer that the tokens come from; 0 takes a free one.")
    var issuerPort = 0

    @Option(help: "How many connections ask at the same time.")
    var connections = 16

    @Option(help: "Requests a second over all connections; without it each asks as soon as it is answered.")
    var rate: Double?

    @Option(help: "Seconds of each round.")
    var duration = 10.0

    @Option(help: "How many rounds; medians are reported.")
    var rounds = 5

    @Option(help: "The key of the CA that is started: p256 or p384.")
    var caKey: AuthorityKey = .p256

    @Option(help: "The signature of the tokens: rs256 or es256.")
    var token: BenchPlan.TokenKind = .rs256

    @Option(help: "How many keys and tokens are prepared.")
    var requests = 512

    @Flag(help: "Print the result as JSON.")
    var json = false

    /// The keys of a CA for which there is a bound.
    enum AuthorityKey: String, ExpressibleByArgument, CaseIterable {
        case p256
        case p384

        var type: CAKeyType { self == .p256 ? .p256 : .p384 }
        var curve: Curve { self == .p256 ? .p256 : .p384 }
    }

    func validate() throws {
        guard (1...10_000).contains(connections) else { throw ValidationError("--connections must be from 1 to 10000") }
        guard duration > 0, duration <= 86_400 else { throw ValidationError("--duration must be from 0 to 86400") }
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds must be from 1 to 100") }
        guard (1...100_000).contains(requests) else { throw ValidationError("--requests must be from 1 to 100000") }
        if let rate, rate <= 0 { throw ValidationError("--rate must be more than 0") }
    }

    func run() async throws {
        try await BenchTokens.issuing(at: issuerPort) { try await measure($0) }
    }

    private func measure(_ issuerURL: String) async throws {
        let client = JSONClient(.shared)
        guard let url else {
            let directory = try await BenchDirectory.create(
                authority: caKey.type, issuerURL: issuerURL, port: try await FreePort.find())
            defer { directory.remove() }
            let server = try BenchServer(directory, metricsPort: try await FreePort.find())
            defer { server.stop() }
            try await server.waitUntilReady(client)
            return try await drive(server.address, issuerURL, server.processID, client)
        }
        guard let parsed = URL(string: url), let host = parsed.host(), let port = parsed.port else {
            throw ValidationError("--url must have a host and a port, such as http://127.0.0.1:8080")
        }
        try await drive(ListenAddress(host: host, port: port), issuerURL, pid, client)
    }

    private func drive(
        _ address: ListenAddress, _ issuerURL: String, _ processID: Int32?, _ client: JSONClient
    ) async throws {
        let prepared = try await PreparedRequests.make(
            count: requests, token: token, issuerURL: issuerURL, address: address, client: client)
        let plan = BenchPlan(authority: caKey.curve, token: token)
        let generator = LoadGenerator(requests: prepared, connections: connections, rate: rate)
        // One loop: the server should have the rest of the machine.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        Progress.show("warming up")
        _ = try await generator.run(for: .seconds(1), first: 0, on: group)
        var measured: [IssueRound] = []
        for number in 1...rounds {
            Progress.show("round \(number) of \(rounds), \(Int(duration)) s")
            measured.append(
                try await IssueRound.run(
                    generator, .seconds(duration), first: number * 1009, on: group, plan: plan, processID: processID))
        }
        Progress.end()
        try await group.shutdownGracefully()
        let report = IssueReport(rounds: measured, plan: plan, connections: connections, rate: rate)
        StandardOutput.write(json ? String(decoding: JSONText(report.json).bytes, as: UTF8.self) : report.text)
    }
}
