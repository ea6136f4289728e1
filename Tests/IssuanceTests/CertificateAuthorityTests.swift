import CertificateTransparency
import Foundation
@testable import Identity
@testable import Issuance
import Logging
import OpenSSL
import Testing
import TransparencyLog

/// A signing key that fails from its n-th signature on, or signs something else.
private final class FaultyKey: SigningKey {
    enum Fault: Sendable { case throwing, wrong }

    struct Injected: Error {}

    private let key: LocalSigningKey
    private let fault: Fault
    private let left: Countdown

    init(_ key: LocalSigningKey, _ fault: Fault, after count: Int) {
        (self.key, self.fault, left) = (key, fault, Countdown(count))
    }

    var publicKey: PublicKey { key.publicKey }
    var scheme: SignatureScheme { key.scheme }

    func signature(over message: [UInt8]) async throws -> [UInt8] {
        if await left.next() { return try await key.signature(over: message) }
        guard fault == .wrong else { throw Injected() }
        return try await key.signature(over: message + [0])
    }

    private actor Countdown {
        private var count: Int

        init(_ count: Int) { self.count = count }

        func next() -> Bool {
            defer { count -= 1 }
            return count > 0
        }
    }
}

@Suite struct CertificateAuthorityTests {
    private static let principal = Principal(
        issuer: "https://issuer.example.org", subject: "somebody", challenge: [1],
        subjectAlternativeName: .email("somebody@example.org"))

    /// Runs `body` with a CA over a real log that is sequencing, and with what the log holds afterwards.
    private static func withAuthority(
        key fault: FaultyKey.Fault? = nil, after count: Int = 0, isLogRunning: Bool = true,
        flow: (LocalLog) -> LogFlow = { .embedded([$0]) },
        _ body: (CertificateAuthority, LocalLog) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "mintmark-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let test = try await TestAuthority(at: .now())
        let key: any SigningKey = fault.map { FaultyKey(test.issuingKey, $0, after: count) } ?? test.issuingKey
        let issuing = try IssuingCertificate(chain: [test.issuing, test.root], key: key, now: .now())
        let log = try await openLog(directory.appending(path: "log.sqlite").path, root: test.root)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let authority = CertificateAuthority(
            issuers: IssuerPool(issuers: [], logger: logger), policy: KeyPolicy(), issuing: issuing, log: flow(log))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            if !isLogRunning { log.shutDown() }
            tasks.addTask { try await log.run() }
            defer { log.shutDown() }
            try await body(authority, log)
            log.shutDown()
            try await tasks.waitForAll()
        }
    }

    private static func openLog(_ path: String, root: Certificate) async throws -> LocalLog {
        let key = LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256)))
        let (start, day) = (Timestamp.now(), UInt64(86_400_000))
        let parameters = LogParameters(
            origin: try #require(Origin("example.org/log/test")), shard: "test",
            key: key.publicKey.subjectPublicKeyInfo, window: start..<start.adding(milliseconds: day))
        try await LocalLog.create(at: path, parameters: parameters, key: key, roots: [root], now: .now())
        return try await LocalLog.open(
            at: path, parameters: parameters, key: key, requiring: [root], clock: Timestamp.now,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func mint(_ authority: CertificateAuthority) async throws -> IssuedCertificate {
        let info = try PrivateKey.generate(.ellipticCurve(.p256)).publicKey.subjectPublicKeyInfo
        return try await authority.mint(for: principal, info, now: .now())
    }

    private static func failure(_ authority: CertificateAuthority) async -> String? {
        do {
            _ = try await mint(authority)
            return nil
        } catch {
            return (error as? IssuanceFailure)?.category
        }
    }

    private static func size(_ log: LocalLog) -> UInt64 { log.reader.checkpoint.signedTreeHead.head.size.value }

    @Test("R-01 SCT-04: what is issued is in the log, with one timestamp that verifies over it")
    func issued() async throws {
        try await Self.withAuthority { authority, log in
            let issued = try await Self.mint(authority)
            let timestamp = try #require(issued.timestamps.all.first)
            #expect(issued.timestamps == .embedded([timestamp]))
            #expect(timestamp.leafIndex?.value == 0)
            #expect(Self.size(log) == 1)
            try log.verify(
                timestamp, finalCertificate: issued.certificate, issuer: authority.issuing.certificate)
            let second = try #require(try await Self.mint(authority).timestamps.all.first)
            #expect(throws: IssuedCertificateMismatch.self, "SCT of another certificate") {
                try log.verify(
                    second, finalCertificate: issued.certificate, issuer: authority.issuing.certificate)
            }
        }
    }

    @Test("API-27: a key that fails or signs wrongly makes no entry and no certificate", arguments: [true, false])
    func faultyKey(isThrowing: Bool) async throws {
        try await Self.withAuthority(key: isThrowing ? .throwing : .wrong) { authority, log in
            #expect(await Self.failure(authority) == "backend")
            #expect(Self.size(log) == 0)
        }
    }

    @Test("API-27 R-01: a key that fails at the second signature leaves an entry and no certificate")
    func faultyFinalSignature() async throws {
        try await Self.withAuthority(key: .throwing, after: 1) { authority, log in
            #expect(await Self.failure(authority) == "backend")
            #expect(Self.size(log) == 1)
        }
    }

    @Test("API-04 R-01: a certificate that is logged as it is leaves with a timestamp beside it")
    func detached() async throws {
        try await Self.withAuthority(flow: { .detached($0) }) { authority, log in
            let issued = try await Self.mint(authority)
            let timestamp = try #require(issued.timestamps.all.first)
            #expect(issued.timestamps == .detached(timestamp))
            #expect(issued.certificate.firstExtension(.signedCertificateTimestampList) == nil)
            #expect(issued.certificate.firstExtension(.precertificatePoison) == nil)
            #expect(Self.size(log) == 1)
            try log.verify(timestamp, certificate: issued.certificate)
            let other = try await Self.mint(authority)
            #expect(throws: IssuedCertificateMismatch.signatureDoesNotVerify) {
                try log.verify(timestamp, certificate: other.certificate)
            }
        }
    }

    @Test("API-03: without a log there is one signature and no timestamp")
    func unlogged() async throws {
        try await Self.withAuthority(key: .throwing, after: 1, flow: { _ in .none }) { authority, log in
            let issued = try await Self.mint(authority)
            #expect(issued.timestamps == .none && issued.timestamps.all.isEmpty)
            #expect(issued.certificate.firstExtension(.signedCertificateTimestampList) == nil)
            #expect(await Self.failure(authority) == "backend")
            #expect(Self.size(log) == 0)
        }
    }

    @Test("SCT-03 R-03: two timestamps under one log id, or none at all, make no certificate")
    func listOfTimestamps() async throws {
        for flow in [{ log in .embedded([log, log]) }, { _ in .embedded([]) }] as [(LocalLog) -> LogFlow] {
            try await Self.withAuthority(flow: flow) { authority, _ in
                #expect(await Self.failure(authority) == "transparency-log")
            }
        }
    }

    @Test("R-03 SCT-05 TL-50: a log that takes nothing means no certificate")
    func closedLog() async throws {
        try await Self.withAuthority(isLogRunning: false) { authority, log in
            let category = await Self.failure(authority)
            #expect(category == "transparency-log" || category == "transparency-log-busy")
            #expect(Self.size(log) == 0)
        }
    }

    @Test(
        "API-14 API-26 SEC-04: failures have their public words and keep their causes",
        arguments: [
            (IssuanceFailure.backend(cause: "secret"), "error communicating with CA backend"),
            (.transparencyLog(cause: "secret"), "Error entering certificate in CTL"),
            (.transparencyLogBusy(retryAfterSeconds: 1), "Error entering certificate in CTL"),
        ])
    func publicWords(failure: IssuanceFailure, words: String) {
        #expect(failure.publicMessage == words)
    }
}
