internal import Foundation
internal import Server
internal import Glibc

/// This program, serving a CA of its own in a process of its own, so that its processor time is its own too.
final class BenchServer {
    /// Where it answers.
    let address: ListenAddress
    /// Where its metrics are.
    let metricsURL: String

    private let process = Process()
    private let began = ContinuousClock.now

    /// Starts to serve the CA of a directory; `cores` is on how many processors it may run, nil for all.
    init(_ directory: BenchDirectory, metricsPort: Int, cores: Int? = nil) throws {
        address = directory.address
        metricsURL = "http://\(address.host):\(metricsPort)/metrics"
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let arguments = [
            "serve", "--data-dir", directory.data.path, "--passphrase-file", directory.passphraseFile,
            "--config-path", directory.issuers, "--host", address.host, "--port", "\(address.port)",
            "--grpc-host", address.host, "--grpc-port", "\(address.port)", "--metrics-host", address.host,
            "--metrics-port", "\(metricsPort)",
            // All the load comes from one address and one issuer.
            "--max-connections-per-address", "0", "--max-signing-per-address", "0", "--max-signing-per-issuer", "0",
            "--log-read-limit", "0",
        ]
        if let cores {
            // The first processors; taskset(1) becomes the program, so that the process stays the same.
            process.executableURL = URL(filePath: "/usr/bin/taskset")
            process.arguments = ["--cpu-list", "0-\(cores - 1)", program] + arguments
        } else {
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
        }
        // What the operator set for a real server must not reach this one.
        process.environment = ProcessInfo.processInfo.environment.filter { !EnvironmentSettings.isOurs($0.key) }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// Its process.
    var processID: Int32 { process.processIdentifier }

    /// Waits until it can issue, and says in how many seconds from its start that was.
    ///
    /// Throws when it ends before, or takes more than `limit`.
    @discardableResult
    func waitUntilReady(_ client: JSONClient, limit: Duration = .seconds(30)) async throws -> Double {
        while began.duration(to: .now) < limit, process.isRunning {
            if (try? await client.get("http://\(address.host):\(address.port)/readyz")) != nil {
                return began.duration(to: .now).seconds
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw NotServing()
    }

    /// Ends it as an operator does, and waits for its end.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Ends it as a power cut does, and waits for its end.
    func kill() {
        _ = Glibc.kill(processID, SIGKILL)
        process.waitUntilExit()
    }

    /// The server ended, or did not become ready.
    struct NotServing: Error, CustomStringConvertible {
        var description: String { "the server under test did not become ready" }
    }
}
