internal import Dispatch
internal import Foundation
internal import OpenSSL
internal import Server

/// The result of the demonstration as files, and the verdict of the `openssl` command on them.
struct DemoFiles {
    let leaf: String
    let chain: String
    let root: String
    let logKey: String

    /// Writes the four files into a directory; throws when one of them is there already.
    init(_ outcome: DemoRun.Outcome, logKey source: String, directory: String) throws {
        leaf = "\(directory)/leaf.pem"
        chain = "\(directory)/chain.pem"
        root = "\(directory)/root.pem"
        logKey = "\(directory)/log-key.pem"
        try PrivateFile.create(leaf, Array(outcome.certificate.pem.utf8))
        try PrivateFile.create(chain, Array(outcome.chain.dropLast().map(\.pem).joined().utf8))
        try PrivateFile.create(root, Array((outcome.chain.last?.pem ?? "").utf8))
        try PrivateFile.create(logKey, try PrivateFile.read(source, readers: .anyone))
    }

    /// The command that verifies the leaf.
    var verifyCommand: [String] {
        ["openssl", "verify", "-x509_strict", "-CAfile", root, "-untrusted", chain, leaf]
    }

    /// Runs the command; nil when there is no `openssl` to run.
    ///
    /// Throws with its words when it refuses the leaf.
    func verifyWithOpenSSLCommand() async throws -> String? {
        // The command is waited for on a thread of its own, as this one also serves.
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try runCommand() }) }
        }
    }

    private func runCommand() throws -> String? {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = verifyCommand
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // env answers 127 when it does not find the command.
        guard process.terminationStatus != 127 else { return nil }
        guard process.terminationStatus == 0 else {
            throw CertificateVerification.Failure("openssl verify refused the certificate: \(text)")
        }
        return text.split(separator: "\n").joined(separator: " ")
    }
}
