internal import ArgumentParser
internal import Dispatch
internal import Foundation
internal import OpenSSL
internal import Server
internal import StrictJSON
internal import Synchronization

/// Times the cryptography of one issuance alone.
struct BenchCrypto: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crypto",
        abstract: "Time the cryptography that one issuance needs, with kept contexts, on one thread and on all cores.",
        discussion: "Example: mintmark bench crypto --token es256"
    )

    @Option(help: "The signature of the tokens: rs256 or es256.")
    var token: BenchPlan.TokenKind = .rs256

    @Option(help: "Seconds to time each primitive for.")
    var seconds = 0.5

    @Option(help: "How often everything is measured; medians are reported.")
    var rounds = 5

    @Flag(help: "Print the result as JSON.")
    var json = false

    func validate() throws {
        guard seconds > 0, seconds <= 60 else { throw ValidationError("--seconds must be more than 0 and at most 60") }
        guard (1...100).contains(rounds) else { throw ValidationError("--rounds must be from 1 to 100") }
    }

    func run() async throws {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        var results: [JSONMember] = []
        for (name, curve) in [("p256", Curve.p256), ("p384", Curve.p384)] {
            let plan = BenchPlan(authority: curve, token: token)
            let alone = try (0..<rounds).map { round in
                Progress.show("\(name) CA, one thread, round \(round + 1) of \(rounds)")
                return try CryptoBound.measured(plan, for: .seconds(seconds))
            }
            let together = try (0..<rounds).map { round in
                Progress.show("\(name) CA, \(cores) threads, round \(round + 1) of \(rounds)")
                return try Self.onAllCores(plan, cores, .seconds(seconds))
            }
            Progress.end()
            results.append(report(name, alone, together, cores))
        }
        if json {
            let head: [JSONMember] = [
                JSONMember(name: "openssl", value: .string(OpenSSLLibrary.version)),
                JSONMember(name: "token", value: .string(token.rawValue)),
                JSONMember(name: "cores", value: .integer(Int64(cores))),
            ]
            StandardOutput.write(String(decoding: JSONText(.object(head + results)).bytes, as: UTF8.self))
        }
    }

    private func report(
        _ name: String, _ alone: [CryptoBound], _ together: [CryptoBound], _ cores: Int
    ) -> JSONMember {
        let one = Statistics(alone.map(\.secondsPerIssuance))
        let all = Statistics(together.map(\.secondsPerIssuance))
        let primitives = CryptoBound.Primitive.allCases.map { primitive in
            (primitive, Statistics(alone.map { $0.seconds[primitive] ?? 0 }))
        }
        if !json {
            StandardOutput.write("\(name) CA, \(token.rawValue) tokens, microseconds of one core (min to max):")
            for (primitive, times) in primitives {
                StandardOutput.write("  \(times.microseconds)  \(primitive.count) × \(primitive.rawValue)")
            }
            StandardOutput.write("  \(one.microseconds)  one issuance at least, on one thread")
            StandardOutput.write("  \(all.microseconds)  the same with all \(cores) cores busy")
            StandardOutput.write("  so at most \(Int(Double(cores) / all.median)) issuances a second on this machine")
        }
        let times = primitives.map {
            JSONMember(name: $0.0.rawValue, value: ["count": .integer(Int64($0.0.count)), "seconds": $0.1.json])
        }
        return JSONMember(
            name: name,
            value: [
                "primitives": .object(times), "issuance_one_thread_seconds": one.json,
                "issuance_all_cores_seconds": all.json,
            ])
    }

    /// Measures on as many threads as there are cores at once; the mean of what the threads saw.
    private static func onAllCores(_ plan: BenchPlan, _ cores: Int, _ duration: Duration) throws -> CryptoBound {
        let results = Mutex<[Result<CryptoBound, any Error>]>([])
        DispatchQueue.concurrentPerform(iterations: cores) { _ in
            let result = Result { try CryptoBound.measured(plan, for: duration) }
            results.withLock { $0.append(result) }
        }
        let bounds = try results.withLock { $0 }.map { try $0.get() }
        var seconds: [CryptoBound.Primitive: Double] = [:]
        for primitive in CryptoBound.Primitive.allCases {
            seconds[primitive] = bounds.reduce(0) { $0 + ($1.seconds[primitive] ?? 0) } / Double(bounds.count)
        }
        return CryptoBound(seconds: seconds)
    }
}

extension BenchPlan.TokenKind: ExpressibleByArgument {}
