import Foundation
import GRDB
import OpenSSL
import Testing

@testable import TransparencyLog

/// The recomputation of a running log, and of one at rest.
@Suite struct ScrubTests {
    private static let fast = ScrubPolicy(
        interval: .seconds(7 * 86_400), entriesPerSecond: 1e9, bytesPerSecond: 1e12, keptEvery: .zero)

    private func scrubber(_ log: TestLog, _ store: SQLiteLogStore, _ policy: ScrubPolicy = fast) -> SQLiteScrubber {
        SQLiteScrubber(
            store: store, policy: policy, format: TestRecord.format, key: log.key.publicKey,
            clock: { log.clock.now }, logger: .silent)
    }

    private func eventually(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<6000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("not within a minute")
    }

    /// Each flips bits that the start does not look at: entry 3 is far before the last 512.
    static let deepDamage: [(sql: String, finding: String)] = [
        ("UPDATE entry SET leaf = CAST(substr(leaf, 1, 60) || x'00' AS BLOB) WHERE idx = 3", "entry 3"),
        ("UPDATE entry SET leaf = x'' WHERE idx = 3", "entry 3 "),
        ("UPDATE entry SET leaf = CAST(x'40' || substr(leaf, 2) AS BLOB) WHERE idx = 3", "entry 3 "),
        ("UPDATE dedup SET idx = 4 WHERE idx = 3", "entry 3 is not found by its key"),
        ("DELETE FROM dedup WHERE idx = 3", "entry 3 is not found by its key"),
        ("INSERT INTO dedup VALUES (zeroblob(32), 3)", "table dedup has 801 rows"),
        ("UPDATE leafidx SET prefix = prefix + 1 WHERE idx = 3", "entry 3 is not found by its hash"),
        ("INSERT INTO leafidx VALUES (7, 3)", "table leafidx has 801 rows"),
        ("INSERT INTO issuer VALUES (zeroblob(32), x'00')", "the issuer row"),
        ("INSERT INTO root VALUES (zeroblob(32), x'00', 1, 2)", "the accepted root"),
    ]

    @Test("R-18 TL-62 what the start cannot see the scrubber finds and names", arguments: deepDamage)
    func finds(damage: (sql: String, finding: String)) async throws {
        let log = try TestLog()
        try await log.fill(800)
        try log.tamper(damage.sql)
        let store = try await log.open()
        let scrubber = scrubber(log, store)
        let finding = await scrubber.run()
        #expect(finding?.contains(damage.finding) == true, "\(finding ?? "nothing")")
        #expect(scrubber.status.finding == finding)
        await store.abandon()
        let refusal = await #expect(throws: StoreRefusal.self) { try await log.inspect() }
        #expect("\(refusal.map { "\($0)" } ?? "")".contains(damage.finding))
    }

    /// Each changes one thing in a tree of 800 entries that any recomputation sees.
    static let shallowDamage: [(sql: String, finding: String)] = [
        ("UPDATE entry SET leaf_hash = CAST(x'00' || substr(leaf_hash, 2) AS BLOB) WHERE idx = 3", "start-up check"),
        ("DELETE FROM entry WHERE idx = 3", "start-up check"),
        (
            "UPDATE tile SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE level = 0 AND n = 0",
            "tile 0 of level 0"
        ),
        ("UPDATE tile SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE level = 1", "tile"),
        ("INSERT INTO tile VALUES (2, 0, zeroblob(32))", "tiles that the tree does not have"),
        ("DELETE FROM tile WHERE level = 0 AND n = 1", "tile 1 of level 0"),
        ("UPDATE checkpoint SET note = CAST(x'00' || substr(note, 2) AS BLOB) WHERE tree_size = 0", "size 0"),
        ("UPDATE checkpoint SET latest_timestamp = latest_timestamp + 1 WHERE tree_size = 0", "size 0"),
        ("UPDATE checkpoint SET tree_size = 77 WHERE tree_size = 0", "size 77"),
    ]

    @Test(
        "R-18 TL-62 damage to tree and history stops the start with the check that found it",
        arguments: shallowDamage)
    func stops(damage: (sql: String, finding: String)) async throws {
        let log = try TestLog()
        try await log.fill(800)
        try log.tamper(damage.sql)
        let refusal = await #expect(throws: StoreRefusal.self) { try await log.open() }
        let text = refusal.map { "\($0)" } ?? ""
        #expect(text.contains(damage.finding) && text.contains("start-up check"), "\(text)")
        await #expect(throws: StoreRefusal.self) { try await log.inspect() }
    }

    @Test func `a sound log is found sound, each size once, and the pass is remembered`() async throws {
        let log = try TestLog()
        try await log.fill(300)
        try await log.fill(500, from: 300)
        let report = try await log.inspect()
        #expect(report.head.size.value == 800)
        #expect(report.tileCount == 3)
        #expect(report.condition == .starting)
        for _ in 0..<2 {
            let store = try await log.open()
            let scrubber = scrubber(log, store)
            let running = Task { await scrubber.run() }
            try await eventually { scrubber.status.completed != nil }
            running.cancel()
            #expect(await running.value == nil)
            try await store.close()
        }
        let queue = try DatabaseQueue(path: log.path)
        let passes = try await queue.read { database in
            try Int64.fetchOne(database, sql: "SELECT count(*) FROM scrub WHERE completed > began AND position = 0")
        }
        #expect(passes == 1)
    }

    @Test func `a pass goes on after a restart where it was`() async throws {
        let log = try TestLog()
        try await log.fill(1100)
        let slow = ScrubPolicy(entriesPerSecond: 256, keptEvery: .zero)
        let store = try await log.open()
        let first = scrubber(log, store, slow)
        let running = Task { await first.run() }
        try await eventually { first.status.position >= 256 }
        try await eventually {
            try await store.readForScrub { try Int64.fetchOne($0, sql: "SELECT position FROM scrub") } ?? 0 >= 256
        }
        running.cancel()
        _ = await running.value
        try await store.close()
        // What lies before the place is not looked at again before the next pass.
        try log.tamper("UPDATE entry SET leaf = CAST(substr(leaf, 1, 60) || x'00' AS BLOB) WHERE idx = 3")
        let reopened = try await log.open()
        let second = scrubber(log, reopened, ScrubPolicy(interval: .milliseconds(1), keptEvery: .zero))
        let finding = await second.run()
        #expect(finding?.contains("entry 3") == true)
        #expect(second.status.completed != nil)
        await reopened.abandon()
    }

    @Test("R-18 TL-62 a closed log is scrubbed from its beginning at each start, and nothing is written to it")
    func closed() async throws {
        let log = try TestLog()
        try await log.fill(600)
        let store = try await log.open()
        let slow = scrubber(log, store, ScrubPolicy(entriesPerSecond: 256, keptEvery: .zero))
        let keeping = Task { await slow.run() }
        try await eventually {
            try await store.readForScrub { try Int64.fetchOne($0, sql: "SELECT position FROM scrub") } ?? 0 >= 256
        }
        keeping.cancel()
        _ = await keeping.value
        try await store.close()
        try log.tamper("INSERT INTO meta (key, value) VALUES ('log.closed', 'a test')")
        let sound = try await log.open()
        let scrubber = scrubber(log, sound, ScrubPolicy(interval: .milliseconds(1), keptEvery: .zero))
        let running = Task { await scrubber.run() }
        try await eventually { scrubber.status.completed != nil }
        running.cancel()
        #expect(await running.value == nil)
        try await sound.close()
        // Before the place that was kept while the log was open.
        try log.tamper("UPDATE entry SET leaf = CAST(substr(leaf, 1, 60) || x'00' AS BLOB) WHERE idx = 3")
        let damaged = try await log.open()
        let finding = await self.scrubber(log, damaged).run()
        #expect(finding?.contains("entry 3") == true, "\(finding ?? "nothing")")
        await damaged.abandon()
    }

    @Test func `a damaged note of the scrubber's own costs a pass from the beginning, no alarm`() async throws {
        let log = try TestLog()
        try await log.fill(600)
        try log.tamper("INSERT INTO scrub VALUES (1, zeroblob(32), 256, 1, 0)")
        let store = try await log.open()
        let scrubber = scrubber(log, store)
        let running = Task { await scrubber.run() }
        try await eventually { scrubber.status.completed != nil }
        running.cancel()
        #expect(await running.value == nil)
        try await store.close()
    }

    @Test func `a log that grows is scrubbed while it grows`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = try await log.open()
        try await log.run(store) { sequencer, _ in
            let scrubber = scrubber(
                log, store, ScrubPolicy(interval: .milliseconds(1), keptEvery: .zero))
            let running = Task { await scrubber.run() }
            for number in 0..<300 { _ = try await sequencer.submit(.test(number)) }
            try await eventually { scrubber.status.completed != nil }
            running.cancel()
            #expect(await running.value == nil)
        }
        #expect(try await log.inspect().head.size.value == 300)
    }

    @Test(
        "the pace keeps to its limits, and to three quarters of the interval",
        arguments: [
            (256, 1000, 1000, 0.128), (256, 1_048_576, 1000, 1.0), (256, 1000, 4_000_000_000, 0.0290304),
        ] as [(UInt64, Int, UInt64, Double)])
    func pace(entryCount: UInt64, byteCount: Int, size: UInt64, seconds: Double) {
        let policy = ScrubPolicy(entriesPerSecond: 2000, bytesPerSecond: 1_048_576)
        let pace = policy.pace(entryCount: entryCount, byteCount: byteCount, size: size)
        #expect(abs(pace / .seconds(1) - seconds) < 1e-6)
    }

    @Test func `TL-71 a large log that stopped in good order is not hashed whole at the start`() async throws {
        let log = try TestLog()
        try await log.fill(800)
        try log.tamper("UPDATE entry SET leaf_hash = CAST(x'00' || substr(leaf_hash, 2) AS BLOB) WHERE idx = 3")
        let queue = try DatabaseQueue(path: log.path)
        try await queue.read { database in
            func run(limit: UInt64, unclean: Bool) throws {
                let checks = SQLiteStartUpChecks(
                    database: database, description: log.description, key: log.key.publicKey,
                    format: TestRecord.format, isAfterUncleanStop: unclean)
                _ = try checks.run(now: log.clock.now, exposed: nil, wholeTreeLimit: limit)
            }
            try run(limit: 800, unclean: false)
            #expect(throws: StoreRefusal.self) { try run(limit: 801, unclean: false) }
            #expect(throws: StoreRefusal.self) { try run(limit: 800, unclean: true) }
        }
    }

    @Test func `an unclean stop is known by the write-ahead log it leaves`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        let files = SQLiteFiles(database: log.path)
        #expect(!files.isAfterUncleanStop)
        let store = try await log.open()
        try await store.freeze(reason: "test")
        await store.abandon()
        #expect(files.isAfterUncleanStop)
    }
}
