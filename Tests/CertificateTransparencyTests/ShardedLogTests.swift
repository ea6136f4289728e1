import CertificateTransparency
import OpenSSL
import StrictJSON
import Testing
import TransparencyLog

@Suite struct ShardedLogTests {
    /// The last second of the leaves, and the boundaries around it.
    private static let end = TestAuthority.start.adding(milliseconds: 600_000)
    private static let far = TestAuthority.window.upperBound

    /// Two shards that exist and have one authority, the second with this window.
    private static func logs(second window: Range<Timestamp>) async throws -> [TestLog] {
        let first = try TestLog()
        let second = try TestLog(shard: "2026b", window: window, authority: first.authority)
        for log in [first, second] { try await log.create() }
        return [first, second]
    }

    @Test(
        "TL-82: a certificate goes to the newest shard whose window has its last second",
        arguments: [(0, "2026b"), (1, "2026a"), (1000, "2026a")] as [(UInt64, String)])
    func boundary(millisecondsAfter: UInt64, expected: String) async throws {
        let tests = try await Self.logs(second: Self.end.adding(milliseconds: millisecondsAfter)..<Self.far)
        let authority = tests[0].authority
        let isOld = expected == "2026a"
        try await tests[0].run { first in
            try await tests[1].run { second in
                let (log, other) = isOld ? (first, second) : (second, first)
                let sharded = ShardedLog([first, second])
                let timestamp = try await sharded.submit(
                    precertificate: try authority.precertificate(), chain: authority.chain)
                #expect(timestamp.logID == log.parameters.logID)
                let final = try authority.finalCertificate(timestamp)
                try sharded.verify(timestamp, finalCertificate: final, issuer: authority.issuing)
                // Under the other key it is nobody's.
                var mismatch: IssuedCertificateMismatch?
                do {
                    try ShardedLog([other]).verify(timestamp, finalCertificate: final, issuer: authority.issuing)
                } catch {
                    mismatch = error as? IssuedCertificateMismatch
                }
                #expect(mismatch == .otherLog)
            }
        }
    }

    @Test func `TL-82 the end of a window is not in it, and without a shard the failure says what to do`() async throws
    {
        let test = try TestLog(window: TestAuthority.window.lowerBound..<Self.end)
        try await test.create()
        try await test.run { log in
            let sharded = ShardedLog([log])
            do {
                _ = try await sharded.submit(
                    precertificate: try test.authority.precertificate(), chain: test.authority.chain)
                Issue.record("it was logged")
            } catch let failure as LogFailure {
                #expect(failure.retryAfter == 30)
                #expect("\(failure)".contains("mintmark log rotate"))
            }
            #expect(sharded.windowEnd == Self.end)
        }
    }

    @Test func `TL-82 closing a shard under load moves everyone to the other without an error`() async throws {
        let tests = try await Self.logs(second: TestAuthority.window)
        let authority = tests[0].authority
        try await tests[0].run { old in
            try await tests[1].run { new in
                // The one to be closed is the newest, so that all go to it at first.
                let sharded = ShardedLog([new, old])
                let timestamps = try await withThrowingTaskGroup(of: SignedCertificateTimestamp.self) { group in
                    for number in 1...200 {
                        group.addTask {
                            if number == 60 { old.closeForGood(because: "a test", by: "a tester") }
                            return try await sharded.submit(
                                precertificate: try authority.precertificate(serialNumber: number),
                                chain: authority.chain)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let counts = [old, new].map { log in timestamps.count { $0.logID == log.parameters.logID } }
                #expect(counts.reduce(0, +) == 200 && counts[1] > 0)
                while old.finalHead == nil { try await Task.sleep(for: .milliseconds(5)) }
                #expect(old.finalHead?.head.size.value == UInt64(counts[0]))
                #expect(new.reader.checkpoint.signedTreeHead.head.size.value == UInt64(counts[1]))
                #expect(sharded.shard(forNotAfter: Self.end) === new && !old.isOpen)
                await #expect(throws: LogFailure.self) {
                    try await old.submit(precertificate: try authority.precertificate(), chain: authority.chain)
                }
            }
        }
        // It is closed over a restart, also for a CA with another root, and who did it is in its history.
        let reopened = try await tests[0].open(requiring: [try TestAuthority().root])
        #expect(reopened.condition == .closed(reason: "a test") && reopened.finalHead != nil && !reopened.isOpen)
        let operations = try await SQLiteStoreOperator(
            path: tests[0].path, description: tests[0].parameters.description, format: .certificateTransparency
        ).history()
        #expect(operations.map(\.kind) == [.close] && operations.map(\.actor) == ["a tester"])
        #expect(operations.first?.size == reopened.finalHead?.head.size.value)
    }

    @Test func `TL-82 TL-83 a closed log tells its final head, and one list has both logs`() async throws {
        let tests = try await Self.logs(second: TestAuthority.window)
        try await tests[0].run { old in
            try await tests[1].run { new in
                old.closeForGood(because: "a test", by: "a tester")
                while old.finalHead == nil { try await Task.sleep(for: .milliseconds(5)) }
                let descriptions = [old, new].map { log in
                    LogMetadata(
                        log, operatorName: "Example", submissionURL: "https://a.example/\(log.parameters.shard)/",
                        monitoringURL: "https://b.example/\(log.parameters.shard)/", version: "1")
                }
                let closed = descriptions[0].log(now: TestAuthority.start)
                #expect(closed["status"] == "readonly" && closed["final_tree_head"]?["tree_size"] == 0)
                #expect(descriptions[1].log(now: TestAuthority.start)["final_tree_head"] == nil)
                let list = LogMetadata.tiledList(descriptions, now: TestAuthority.start)
                let entries = try #require(list["operators"]?.elements?.first?["tiled_logs"]?.elements)
                #expect(entries.count == 2 && Set(entries.compactMap { $0["log_id"]?.string }).count == 2)
                #expect(entries.first?["state"]?["readonly"]?["final_tree_head"] != nil)
                #expect(entries.last?["state"]?["usable"] != nil)
            }
        }
    }

    @Test func `TL-83 a frozen log is described as one that takes nothing, without a final head`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            _ = try await test.submit(1, to: log)
            let metadata = LogMetadata(
                log, operatorName: "Example", submissionURL: "https://a.example/2026a/",
                monitoringURL: "https://b.example/2026a/", version: "1")
            #expect(metadata.log(now: TestAuthority.start)["status"] == "active")
            await log.freeze(because: "a test")
            let last = log.reader.checkpoint.signedTreeHead.head.timestamp
            let frozen = metadata.log(now: TestAuthority.start)
            #expect(frozen["status"] == "readonly" && frozen["planned_changes"] == [])
            #expect(frozen["status_timestamp"] == .string(last.rfc3339) && frozen["final_tree_head"] == nil)
            let lists = [
                ("logs", LogMetadata.rfc6962List([metadata], now: last)),
                ("tiled_logs", LogMetadata.tiledList([metadata], now: last)),
            ]
            for (name, list) in lists {
                let state = list["operators"]?.elements?.first?[name]?.elements?.first?["state"]
                #expect(state?["readonly"] == ["timestamp": .string(last.rfc3339)], "\(name)")
                #expect(state?["usable"] == nil, "\(name)")
            }
        }
    }

    @Test func `R-18 a closed log is scrubbed while it is served`() async throws {
        let test = try TestLog()
        try await test.create()
        try await test.run { log in
            for number in 1...3 { _ = try await test.submit(number, to: log) }
            log.closeForGood(because: "a test", by: "a tester")
            while log.finalHead == nil { try await Task.sleep(for: .milliseconds(5)) }
        }
        try await test.run { log in
            while log.scrubStatus.completed == nil { try await Task.sleep(for: .milliseconds(5)) }
            #expect(log.scrubStatus.finding == nil && log.condition == .closed(reason: "a test"))
        }
    }
}
