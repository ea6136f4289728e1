import CertificateTransparency
import Foundation
import Logging
import OpenSSL
import Testing
import TransparencyLog

/// A certificate log on disk in a directory of its own, which goes when this object goes.
final class TestLog: Sendable {
    let directory: URL
    let key: LocalSigningKey
    let parameters: LogParameters
    let authority: TestAuthority

    var path: String { directory.appending(path: "log.sqlite").path }

    /// A log that can be created; shards of one log have one authority.
    init(
        shard: String = "2026a", window: Range<Timestamp> = TestAuthority.window, authority: TestAuthority? = nil
    ) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "certificate-log-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        key = LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256)))
        self.authority = try authority ?? TestAuthority()
        parameters = LogParameters(
            origin: try #require(Origin("log.example.test/\(shard)")), shard: shard,
            key: key.publicKey.subjectPublicKeyInfo, window: window)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func create() async throws {
        try await LocalLog.create(
            at: path, parameters: parameters, key: key, roots: [authority.root], now: TestAuthority.start)
    }

    private static let started = ContinuousClock.now

    /// A wall clock that begins when the tests' certificates do.
    static func now() -> Timestamp {
        TestAuthority.start.adding(milliseconds: UInt64(started.duration(to: .now) / .milliseconds(1)))
    }

    func open(parameters: LogParameters? = nil, requiring roots: [Certificate]? = nil) async throws -> LocalLog {
        try await LocalLog.open(
            at: path, parameters: parameters ?? self.parameters, key: key, requiring: roots ?? [authority.root],
            clock: Self.now, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs the log while `body` uses it, and ends as a process does on SIGTERM.
    func run<Value: Sendable>(_ body: @escaping @Sendable (LocalLog) async throws -> Value) async throws -> Value {
        let log = try await open()
        async let running: Void = log.run()
        let result: Result<Value, any Error>
        do { result = .success(try await body(log)) } catch { result = .failure(error) }
        log.shutDown()
        try await running
        return try result.get()
    }

    func submit(_ serialNumber: Int, to log: LocalLog) async throws -> SignedCertificateTimestamp {
        try await log.submit(
            precertificate: try authority.precertificate(serialNumber: serialNumber), chain: authority.chain)
    }
}
