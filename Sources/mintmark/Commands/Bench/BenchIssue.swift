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
            type email, the issuer that this command starts at --issuer-port, or the one that runs at --issuer-url. \
            The load generator uses the same machine.

            --overload first finds out what the server can do with connections enough to saturate it, and then offers \
            twice as much, or --factor times as much: what counts is how many of the good answers are left, and how \
            quickly the others are told to come back later.

            Example:
              mintmark bench issue --connections 16 --duration 10
            """
    )

    @Option(help: "The server to drive, such as http://127.0.0.1:8080; without it one is started.")
    var url: String?

    @Option(help: "The process of the server to drive, for its processor time and memory.")
    var pid: Int32?

    @Option(help: "The metrics of the server to drive, such as http://127.0.0.1:2112/metrics, for its syncs.")
    var metricsURL: String?

    @Option(help: "The port of the issuer that the tokens come from; 0 takes a free one.")
    var issuerPort = 0

    @Option(help: "A development issuer that runs already, instead of one of this command's own.")
    var issuerURL: String?

    @Option(help: "How many connections ask at the same time.")
    var connections = 16

    @Option(help: "Requests a second over all connections; without it each asks as soon as it is answered.")
    var rate: Double?

    @Flag(help: "Offer more than the server can do, twice as much unless --factor says otherwise.")
    var overload = false

    @Option(help: "With --overload, how many times as much as the server can do is offered, 1 to 100.")
    var factor = 2.0

    @Option(help: "Seconds of each round.")
    var duration = 10.0

    @Option(help: "How many rounds; medians are reported.")
    var rounds = 5

    @Option(help: "The key of the CA that is started: p256 or p384. Of one that runs, the key that it has.")
    var caKey: AuthorityKey = .p256

    @Option(help: "The signature of the tokens: rs256 or es256.")
    var token: BenchPlan.TokenKind = .rs256

    @Option(help: "The keys to ask certificates for: p256, p384, rsa2048 or ed25519.")
    var clientKey: BenchPlan.ClientKey = .p256

    @Option(help: "How requests prove that they have the key: challenge or csr.")
    var proof: PreparedRequests.Proof = .challenge

    @Option(help: "On how many processors the server that is started may run; all unless given.")
    var cores: Int?

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
        guard duration > 0, duration <= 86_400 else {
            throw ValidationError("--duration must be more than 0 and at most 86400")
        }
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds must be from 1 to 100") }
        guard (1...100_000).contains(requests) else { throw ValidationError("--requests must be from 1 to 100000") }
        if let rate, rate <= 0 { throw ValidationError("--rate must be more than 0") }
        if overload, rate != nil { throw ValidationError("--overload finds its own rate; leave out --rate") }
        guard (1...100).contains(factor) else { throw ValidationError("--factor must be from 1 to 100") }
        if let cores {
            let count = ProcessInfo.processInfo.processorCount
            guard (1...count).contains(cores) else { throw ValidationError("--cores must be from 1 to \(count)") }
            if url != nil { throw ValidationError("--cores is for a server that this command starts") }
        }
    }

    func run() async throws {
        if let issuerURL { return try await measure(issuerURL) }
        try await BenchTokens.issuing(at: issuerPort) { try await measure($0) }
    }

    private func measure(_ issuerURL: String) async throws {
        let client = JSONClient(.shared)
        guard let url else {
            let directory = try await BenchDirectory.create(
                authority: caKey.type, issuerURL: issuerURL, port: try await FreePort.find())
            defer { directory.remove() }
            let server = try BenchServer(directory, metricsPort: try await FreePort.find(), cores: cores)
            defer { server.stop() }
            try await server.waitUntilReady(client)
            let target = IssueTarget(
                address: server.address, processID: server.processID, metricsURL: server.metricsURL)
            return try await drive(target, issuerURL, client)
        }
        guard let parsed = URL(string: url), let host = parsed.host(), let port = parsed.port else {
            throw ValidationError("--url must have a host and a port, such as http://127.0.0.1:8080")
        }
        let target = IssueTarget(
            address: ListenAddress(host: host, port: port), processID: pid, metricsURL: metricsURL)
        try await drive(target, issuerURL, client)
    }

    private func drive(_ target: IssueTarget, _ issuerURL: String, _ client: JSONClient) async throws {
        let plan = BenchPlan(authority: caKey.curve, token: token, client: clientKey)
        let prepared = try await PreparedRequests.make(
            count: requests, plan: plan, proof: proof, issuerURL: issuerURL, address: target.address, client: client)
        // What the server has against one of them it has against all, and it says it only here.
        try await client.post("http://\(prepared.host)\(prepared.path)", prepared.body(0))
        // One loop: the server should have the rest of the machine.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let driver = IssueDriver(
            target: target, plan: plan, requests: prepared, connections: connections, duration: .seconds(duration),
            rounds: rounds, group: group)
        let result: (text: String, json: JSONValue)
        if overload {
            let report = try await driver.overload(factor: factor)
            result = (report.text, report.json)
        } else {
            let measured = try await driver.issue(rate: rate)
            guard measured.contains(where: { $0.count > 0 }) else {
                let outcomes = IssueReport.outcomes(of: measured).map { "\($0.1) × \($0.0)" }.joined(separator: ", ")
                let answers = outcomes.isEmpty ? "no answer in time" : outcomes
                throw JSONClient.UnexpectedAnswer(description: "no certificate was issued: \(answers)")
            }
            let report = IssueReport(
                rounds: measured, plan: plan, connections: connections, rate: rate, proof: proof, cores: cores)
            result = (report.text, report.json)
        }
        Progress.end()
        try await group.shutdownGracefully()
        StandardOutput.write(json ? String(decoding: JSONText(result.json).bytes, as: UTF8.self) : result.text)
    }
}

extension BenchPlan.ClientKey: ExpressibleByArgument {}
extension PreparedRequests.Proof: ExpressibleByArgument {}
