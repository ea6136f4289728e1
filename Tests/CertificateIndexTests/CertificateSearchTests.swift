import CertificateTransparency
import Foundation
import Logging
import OpenSSL
import Testing
import TransparencyLog

@testable import CertificateIndex

/// A log on disk whose authority issues certificates for names, which goes when this object goes.
final class SearchedLog: Sendable {
    static let start = Timestamp(seconds: 1_780_000_000)

    let directory: URL
    let key: LocalSigningKey
    let issuingKey: PrivateKey
    let root: Certificate
    let parameters: LogParameters

    var path: String { directory.appending(path: "log.sqlite").path }

    init(_ name: String) async throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "searched-log-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        key = LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256)))
        issuingKey = try PrivateKey.generate(.ellipticCurve(.p256))
        let authority = [
            CertificateExtension(id: .basicConstraints, isCritical: true, value: [0x30, 3, 1, 1, 0xFF]),
            CertificateExtension(id: .keyUsage, isCritical: true, value: [3, 2, 1, 6]),
        ]
        root = try Self.certificate(1, Self.name("root"), issuingKey, authority)
        parameters = LogParameters(
            origin: try #require(Origin("log.example.test/\(name)")), shard: name,
            key: key.publicKey.subjectPublicKeyInfo, window: Self.start..<Self.start.adding(milliseconds: 1 << 40))
        try await LocalLog.create(at: path, parameters: parameters, key: key, roots: [root], now: Self.start)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private static func name(_ text: String) -> [UInt8] {
        let attribute = DERWriter.sequence([DERWriter.objectIdentifier(.commonName), DERWriter.utf8String(text)])
        return DERWriter.sequence([DERWriter.set(attribute)])
    }

    private static func certificate(
        _ serialNumber: UInt8, _ subject: [UInt8], _ issuerKey: PrivateKey, _ extensions: [CertificateExtension]
    ) throws -> Certificate {
        let scheme = SignatureScheme.ecdsa(.sha256)
        let tbs = try CertificateFields(
            serialNumber: [serialNumber], signatureAlgorithm: try #require(scheme.algorithmIdentifier),
            issuer: name("root"), notBefore: start, notAfter: start.adding(milliseconds: 600_000), subject: subject,
            subjectPublicKeyInfo: issuerKey.publicKey.subjectPublicKeyInfo, extensions: extensions
        ).tbsCertificate()
        return try Certificate(
            tbsCertificate: TBSCertificate(der: tbs), signature: try issuerKey.signature(over: tbs, scheme: scheme))
    }

    private func precertificate(_ serialNumber: UInt8, for names: [String]) throws -> Certificate {
        let list = DERWriter.sequence(names.map { DERWriter.element(tag: 0x81, Array($0.utf8)) })
        let usage = DERWriter.sequence([DERWriter.objectIdentifier(.codeSigning)])
        return try Self.certificate(
            serialNumber, DERWriter.sequence([]), issuingKey,
            [
                CertificateExtension(id: .extendedKeyUsage, value: usage),
                CertificateExtension(id: .precertificatePoison, isCritical: true, value: DERWriter.null),
                CertificateExtension(id: .subjectAlternativeName, isCritical: true, value: list),
            ])
    }

    /// Logs a certificate for each name at each of these times, one commit each.
    func fill(_ entries: [(seconds: UInt64, name: String)], firstSerialNumber: UInt8 = 2) async throws {
        for (place, entry) in entries.enumerated() {
            let time = Self.start.adding(milliseconds: entry.seconds * 1000)
            let log = try await LocalLog.open(
                at: path, parameters: parameters, key: key, requiring: [root], clock: { time },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            async let running: Void = log.run()
            let certificate = try precertificate(firstSerialNumber + UInt8(place), for: [entry.name, "all"])
            _ = try await log.submit(precertificate: certificate, chain: [root])
            log.shutDown()
            try await running
        }
    }

    func source() throws -> SQLiteLogSource {
        try SQLiteLogSource(path: path, description: parameters.description, format: .certificateTransparency)
    }

    func searchable() async throws -> SearchableLog {
        SearchableLog(
            origin: parameters.origin, logID: parameters.logID, reader: try await source().reader())
    }

    /// The log with an index of all its entries.
    func indexed() async throws -> SearchableLog {
        let source = try source()
        let follower = IndexFollower(
            path: SearchableLog.indexPath(besideLog: path), origin: parameters.origin, logID: parameters.logID,
            reader: try await source.reader(), source: source, waiting: { 0 },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { await follower.run() }
        while follower.lag > 0 { try await Task.sleep(for: .milliseconds(5)) }
        running.cancel()
        await running.value
        return try await searchable().using(indexAt: SearchableLog.indexPath(besideLog: path))
    }
}

@Suite struct CertificateSearchTests {
    private static func all(
        _ query: CertificateQuery, _ logs: [SearchableLog], limit: Int, lookCount: Int = 4096
    ) async throws -> [String] {
        var (found, cursor) = ([String](), SearchCursor?.none)
        repeat {
            let page = try await CertificateSearch(logs).page(
                query, from: cursor, effort: SearchEffort(limit: limit, lookCount: lookCount))
            #expect(page.items.count <= limit)
            found += page.items.map { $0.certificate.names[0].value }
            cursor = try page.next.map { try #require(SearchCursor($0.text)) }
        } while cursor != nil
        return found
    }

    @Test func `several logs make one answer, newest first, whatever a page holds`() async throws {
        let old = try await SearchedLog("2026a")
        let new = try await SearchedLog("2026b")
        try await old.fill([(10, "a"), (20, "b"), (50, "e"), (70, "g")])
        try await new.fill([(30, "c"), (40, "d"), (60, "f")])
        let logs = [try await old.indexed(), try await new.searchable()]
        #expect(logs[0].indexedSize == 4 && logs[1].indexedSize == 0)
        var query = CertificateQuery()
        for limit in 1...8 {
            #expect(try await Self.all(query, logs, limit: limit).joined() == "gfedcba")
            #expect(try await Self.all(query, logs, limit: limit, lookCount: 1).joined() == "gfedcba")
        }
        query.name = "all"
        query.since = SearchedLog.start.adding(milliseconds: 20_000)
        query.until = SearchedLog.start.adding(milliseconds: 60_000)
        for limit in 1...8 { #expect(try await Self.all(query, logs, limit: limit).joined() == "edcb") }
    }

    @Test func `names that look alike are different, also in one transaction`() async throws {
        let log = try await SearchedLog("2026a")
        try await log.fill([(1, "\u{E9}x"), (2, "e\u{301}x")])
        let searchable = try await log.indexed()
        for name in ["\u{E9}x", "e\u{301}x"] {
            for isPrefix in [false, true] {
                var query = CertificateQuery()
                if isPrefix { query.namePrefix = String(name.dropLast()) } else { query.name = name }
                let found = try await Self.all(query, [searchable], limit: 10)
                #expect(found.map { Array($0.utf8) } == [Array(name.utf8)])
            }
        }
    }

    @Test func `a position is found by its time`() async throws {
        let log = try await SearchedLog("2026a")
        try await log.fill([(10, "a"), (20, "b"), (30, "c")])
        let searchable = try await log.searchable()
        for (seconds, count) in [(0, 0), (10, 0), (11, 1), (20, 1), (30, 2), (31, 3)] as [(UInt64, UInt64)] {
            let time = SearchedLog.start.adding(milliseconds: seconds * 1000)
            #expect(try await searchable.count(before: time, of: 3) == count)
        }
    }
}
