import CertificateTransparency
import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct PublicSubmissionsTests {
    private static func body(_ links: [Certificate]) -> [UInt8] {
        JSONText(["chain": .array(links.map { .string(Base64.encode($0.der)) })]).bytes
    }

    private static func submissions(
        _ log: LocalLog, _ acceptance: LogAcceptance, own: [Certificate], now: Timestamp = TestAuthority.start
    ) -> PublicSubmissions {
        PublicSubmissions(log, acceptance: acceptance, ownRoots: own, now: { now })
    }

    private static func read(_ text: JSONText) throws -> JSONValue {
        try JSONValue(parsing: text.bytes, limits: JSONLimits(byteCount: text.bytes.count))
    }

    @Test func `TL-26 an answer is the timestamp of the entry, of a certificate as of a precertificate`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            let open = Self.submissions(log, .anyWithLimit, own: [test.authority.root])
            try open.requireOpen()
            let pre = try test.authority.precertificate()
            let answer = try await Self.read(
                open.add(Self.body([pre] + test.authority.chain), as: .precertificate))
            #expect(answer["sct_version"] == 0)
            #expect(answer["extensions"] == .string(Base64.encode([0, 0, 5, 0, 0, 0, 0, 0])))
            #expect(answer["id"] == .string(Base64.encode(test.parameters.logID.bytes)))
            let own = try await log.submit(precertificate: pre, chain: test.authority.chain)
            #expect(answer["timestamp"] == .integer(Int64(own.timestamp.milliseconds)))
            let final = try test.authority.finalCertificate(own)
            let second = try await Self.read(
                open.add(Self.body([final, test.authority.issuing]), as: .certificate))
            #expect(second["extensions"] == .string(Base64.encode([0, 0, 5, 0, 0, 0, 0, 1])))
            let page = try await log.reader.page(from: 1, through: 1)
            let record = try TileLeaf(parsing: try #require(page.entries.first).record)
            #expect(record.leaf.entry == .x509Entry(certificate: final.der))
            #expect(record.fingerprints == test.authority.chain.map(\.fingerprint))
        }
    }

    @Test func `TL-49 nobody is asked for in a log of its own, and the own root is no listed one`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            let closed = Self.submissions(log, .own, own: [test.authority.root])
            #expect(throws: LogRefusal.onlyOwnAuthority) { try closed.requireOpen() }
            let listed = Self.submissions(log, .listedRoots, own: [test.authority.root])
            try listed.requireOpen()
            let pre = Self.body([try test.authority.precertificate()] + test.authority.chain)
            await #expect(throws: LogRefusal.chainDoesNotEndInAcceptedRoot) {
                try await listed.add(pre, as: .precertificate)
            }
            let another = Self.submissions(log, .listedRoots, own: [])
            _ = try await another.add(pre, as: .precertificate)
        }
    }

    @Test func `TL-41 after the window nothing is taken any more`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            let end = TestAuthority.window.upperBound
            #expect(throws: LogRefusal.windowIsOver) {
                try Self.submissions(log, .anyWithLimit, own: [], now: end).requireOpen()
            }
            let last = Timestamp(milliseconds: end.milliseconds - 1)
            try Self.submissions(log, .anyWithLimit, own: [], now: last).requireOpen()
        }
    }

    @Test func `TL-30 the poison decides which endpoint takes a certificate`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            let open = Self.submissions(log, .anyWithLimit, own: [])
            let soft = CertificateExtension(id: .precertificatePoison, value: [5, 0])
            for (leaf, kind, refusal) in [
                (try test.authority.precertificate(), PublicSubmissions.Kind.certificate, LogRefusal.notACertificate),
                (try test.authority.leaf([soft]), .certificate, .malformedPoison),
                (try test.authority.leaf([soft]), .precertificate, .malformedPoison),
                (try test.authority.leaf([]), .precertificate, .notAPrecertificate),
            ] {
                await #expect(throws: refusal) {
                    try await open.add(Self.body([leaf] + test.authority.chain), as: kind)
                }
            }
        }
    }

    @Test func `TL-83 the descriptions of a log name its end once it has come`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            let metadata = LogMetadata(
                log, operatorName: "Example", submissionURL: "https://a.example/log/2026a/",
                monitoringURL: "https://b.example/log/2026a/", version: "1")
            let before = metadata.log(now: TestAuthority.start)
            #expect(before["status"] == "active" && before["tls_only"] == true)
            #expect(before["planned_changes"]?.elements?.count == 1)
            let end = TestAuthority.window.upperBound
            let after = metadata.log(now: end)
            #expect(after["status"] == "readonly" && after["planned_changes"] == [])
            #expect(after["status_timestamp"] == .string(end.rfc3339))
            let list = LogMetadata.rfc6962List([metadata], now: end)
            let entry = try #require(list["operators"]?.elements?.first?["logs"]?.elements?.first)
            #expect(entry["state"]?["readonly"] != nil && entry["url"] == "https://a.example/log/2026a/")
            #expect(metadata.trustedRootEntry["publicKey"]?["validFor"]?["start"] == .string(log.created.rfc3339))
        }
    }
}
