import Monitor
import OpenSSL
import Testing
import TransparencyLog

@Suite struct RemoteAuditTests {
    private let key: PrivateKey
    private let certificate: Certificate

    init() throws {
        key = try PrivateKey.generate(.ellipticCurve(.p256))
        certificate = try TestCertificates().certificate()
    }

    private func log(
        _ size: Int, unreadable: Int = 0, lie: @escaping @Sendable (String, [UInt8]) throws -> [UInt8] = { $1 }
    ) throws -> MemoryLog {
        try MemoryLog(key: key, certificate: certificate, size: size, unreadable: unreadable, lie: lie)
    }

    private func audit(
        _ log: MemoryLog, _ api: LogAPI = .tiles, after previous: AuditState? = nil, isFull: Bool = false
    ) async throws -> AuditReport {
        var audit = RemoteAudit(log.client(api), previous: previous, roots: [], isFull: isFull)
        return try await audit.run(now: log.time) { _, _ in }
    }

    @Test("TL-16: the root is recomputed over both APIs", arguments: [0, 1, 2, 255, 256, 257, 513], LogAPI.allCases)
    func sizes(size: Int, api: LogAPI) async throws {
        let report = try await audit(try log(size), api)
        #expect(report.findings == [])
        #expect(report.entryCount == UInt64(size))
        #expect(report.recomputedRoot == report.head.head.root)
        #expect(report.state?.peaks.size.value == UInt64(size))
    }

    @Test("a later run reads what is new, from the beginning of its tile", arguments: LogAPI.allCases)
    func growth(api: LogAPI) async throws {
        var state: AuditState?
        for (size, count) in [(0, 0), (1, 1), (300, 300), (300, 0), (301, 45), (513, 257), (600, 88)] {
            let report = try await audit(try log(size), api, after: state)
            #expect(report.findings == [])
            #expect(report.entryCount == UInt64(count))
            #expect(report.consistentWith == state?.head.head)
            state = report.state
            #expect(state != nil)
        }
        let whole = try await audit(try log(600), api, after: state, isFull: true)
        #expect(whole.entryCount == 600)
        #expect(whole.isGood)
    }

    @Test func `the tiles above a finished tile of level 1 are compared`() async throws {
        // Entries of earlier runs are never read again, so they need not be readable here.
        let state = try log(65_280, unreadable: 65_280).state()
        let good = try await audit(try log(65_700, unreadable: 65_280), after: state)
        #expect(good.findings == [])
        #expect(good.entryCount == 420)
        for (path, expected) in [
            ("tile/1/000", "hash 9 of tile 0 at level 1"), ("tile/2/000.p/1", "hash 0 of tile 0 at level 2"),
            ("tile/1/001.p/1", nil),
        ] {
            let lying = try log(65_700, unreadable: 65_280) { asked, honest in
                var bytes = honest
                if asked == path { bytes[path.hasPrefix("tile/1/000") ? 300 : 2] ^= 1 }
                return bytes
            }
            let report = try await audit(lying, after: state)
            if let expected {
                let wrongEdge = "the tiles at the right edge of the first 65280 entries"
                #expect(report.findings.contains { $0.text.hasPrefix(expected) || $0.text.hasPrefix(wrongEdge) })
            } else {
                #expect(report.isGood)
            }
        }
    }

    @Test func `a full tile of level 1 that changes after it was continued is found`() async throws {
        let state = try log(65_280, unreadable: 65_280).state()
        let lying = try log(65_700, unreadable: 65_280) { asked, honest in
            var bytes = honest
            // Right where the new entries finish it, so that the edge of the last run is as it was.
            if asked == "tile/1/000" { bytes[255 * 32] ^= 1 }
            return bytes
        }
        let report = try await audit(lying, after: state)
        #expect(report.findings.first?.text.hasPrefix("hash 255 of tile 0 at level 1") == true)
        #expect(report.findings.count == 1)
    }

    @Test("a head that contradicts the last one is kept as evidence, and the state stays")
    func contradictions() async throws {
        let state = try log(300).state()
        let other = SHA256Digest(hashing: [1])
        let time = state.head.head.timestamp
        let heads: [(SignedTreeHead, String)] = [
            (try log(299).signed(at: time.adding(milliseconds: 1)), "smaller"),
            (try log(300).signed(root: other, at: time), "roots"),
            (try log(301).signed(at: Timestamp(milliseconds: time.milliseconds - 1)), "larger"),
            (try log(301).signed(at: time), "same time"),
        ]
        for (head, word) in heads {
            let note = try log(300).checkpoint(head)
            let lying = try log(300) { path, honest in path == "checkpoint" ? note : honest }
            let report = try await audit(lying, after: state)
            #expect(report.findings.count == 1)
            #expect(report.findings.first?.text.contains(word) == true)
            #expect(report.state?.head == state.head)
            #expect(report.state?.evidence.first?.found == head)
            #expect(report.consistentWith == nil)
        }
    }

    @Test func `a head that is only older is said, and is no evidence`() async throws {
        let state = try log(300).state()
        let earlier = Timestamp(milliseconds: state.head.head.timestamp.milliseconds - 1)
        for head in [try log(299).signed(at: earlier), try log(300).signed(at: earlier)] {
            let note = try log(300).checkpoint(head)
            let slow = try log(300) { path, honest in path == "checkpoint" ? note : honest }
            let report = try await audit(slow, after: state)
            #expect(report.findings.count == 1)
            #expect(report.findings.first?.text.hasPrefix("the head is older than one that was seen before") == true)
            #expect(report.state == state)
        }
    }

    @Test("another past is found by the tile where the last run ended, and by all entries", arguments: LogAPI.allCases)
    func otherPast(api: LogAPI) async throws {
        let state = try MemoryLog(key: key, certificate: TestCertificates().certificate(), size: 300).state()
        for isFull in [false, true] {
            let report = try await audit(try log(600), api, after: state, isFull: isFull)
            #expect(!report.isGood)
            #expect(report.state?.head == state.head)
        }
    }

    @Test("TL-36: the log's own consistency proof must be right where there is one", arguments: LogAPI.allCases)
    func consistency(api: LogAPI) async throws {
        let state = try log(300).state()
        #expect(try await audit(try log(600), api, after: state).hasConsistencyProof)
        let silent = try log(600) { path, honest in
            if path.contains("consistency") { throw LogClientFailure.status(path: path, code: 404) }
            return honest
        }
        if api == .tiles {
            let report = try await audit(silent, api, after: state)
            #expect(report.isGood)
            #expect(!report.hasConsistencyProof)
        } else {
            await #expect(throws: LogClientFailure.self) { try await audit(silent, api, after: state) }
        }
        let lying = try log(600) { path, honest in
            path.contains("consistency") ? Array(#"{"consistency":[]}"#.utf8) : honest
        }
        let report = try await audit(lying, api, after: state)
        #expect(report.findings == [AuditFinding("the log's consistency proof from size 300 to 600 is wrong")])
    }

    @Test func `the audit ends at a limit, and says first what comes first`() async throws {
        let lying = try log(600) { path, honest in
            path.hasPrefix("tile/0/") ? [UInt8](repeating: 0, count: honest.count) : honest
        }
        let report = try await audit(lying)
        #expect(report.findings.count == RemoteAudit.maximumFindingCount)
        #expect(report.findings.map(\.index) == (0..<100).map { UInt64($0) })
        #expect(report.recomputedRoot == nil)
        #expect(report.state == nil)
    }

    @Test("TL-31: an entry over tiles must have its index, one over RFC 6962 may lack it", arguments: LogAPI.allCases)
    func positions(api: LogAPI) async throws {
        let lying = try log(300) { path, honest in
            // Each record as long as the other: the two change places.
            guard path == "tile/data/000" else { return honest }
            let length = honest.count / 256
            return Array(honest[length..<(2 * length)] + honest[..<length] + honest[(2 * length)...])
        }
        let report = try await audit(lying, api)
        guard api == .tiles else { return #expect(report.isGood) }
        #expect(report.findings.contains(AuditFinding(index: 0, "its leaf index is 1")))
        #expect(report.findings.contains(AuditFinding(index: 1, "its leaf index is 0")))
    }

    @Test func `the clock of the auditor counts within a minute`() async throws {
        let log = try log(3)
        for (ahead, isGood) in [(UInt64(59_000), true), (61_000, false)] {
            let now = Timestamp(milliseconds: log.time.milliseconds - ahead)
            var audit = RemoteAudit(log.client(.tiles), previous: nil, roots: [], isFull: false)
            #expect(try await audit.run(now: now) { _, _ in }.isGood == isGood)
        }
    }
}
