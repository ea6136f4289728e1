internal import Foundation
internal import OpenSSL
internal import Server
internal import Glibc

/// This program, serving a CA of its own in a process of its own, so that its processor time is its own too.
final class BenchServer {
    let address: ListenAddress

    private let process = Process()
    private let directory: String

    /// Makes a CA and a log in a temporary directory that trusts one issuer, and starts to serve it.
    init(authority: CAKeyType, issuerURL: String, port: Int, metricsPort: Int) async throws {
        address = ListenAddress(host: "127.0.0.1", port: port)
        directory = try PrivateFile.createTemporaryDirectory(prefix: "mintmark-bench")
        do {
            try await Self.prepare(directory, authority, issuerURL, port)
            process.executableURL = URL(filePath: "/proc/self/exe")
            process.arguments = [
                "serve", "--data-dir", "\(directory)/ca", "--passphrase-file", "\(directory)/passphrase",
                "--config-path", "\(directory)/issuers.yaml", "--host", address.host, "--port", "\(port)",
                "--grpc-host", address.host, "--grpc-port", "\(port)", "--metrics-host", address.host,
                "--metrics-port", "\(metricsPort)",
            ]
            // What the operator set for a real server must not reach this one.
            process.environment = ProcessInfo.processInfo.environment.filter { !EnvironmentSettings.isOurs($0.key) }
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
        } catch {
            PrivateFile.removeDirectory(directory)
            throw error
        }
    }

    /// Its process.
    var processID: Int32 { process.processIdentifier }

    /// Waits until it can issue; throws when it ends before, or takes more than half a minute.
    func waitUntilReady(_ client: JSONClient) async throws {
        for _ in 0..<300 {
            if (try? await client.get("http://\(address.host):\(address.port)/readyz")) != nil { return }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw NotServing()
    }

    /// Ends it and removes what it wrote.
    func stop() {
        process.terminate()
        process.waitUntilExit()
        PrivateFile.removeDirectory(directory)
    }

    private static func prepare(
        _ directory: String, _ authority: CAKeyType, _ issuerURL: String, _ port: Int
    ) async throws {
        let text = try RandomBytes.generate(count: 16).hexadecimal
        try PrivateFile.create("\(directory)/passphrase", Array(text.utf8))
        let issuers = """
            oidc-issuers:
              \(issuerURL): {issuer-url: "\(issuerURL)", client-id: sigstore, type: email}

            """
        try PrivateFile.create("\(directory)/issuers.yaml", Array(issuers.utf8))
        let new = try NewAuthority(
            organization: "Mintmark benchmark", publicURL: "http://127.0.0.1:\(port)", shard: "bench",
            certificates: .new(authority), now: .now())
        _ = try await new.create(
            at: DataDirectory("\(directory)/ca"), passphrase: try Passphrase(Array(text.utf8)))
    }

    /// The server ended, or did not become ready.
    struct NotServing: Error, CustomStringConvertible {
        var description: String { "the server under test did not become ready" }
    }
}
