import Foundation
import GRDB
import OpenSSL
import Testing

@testable import TransparencyLog

/// I13: a store that is older than what was shown never signs again.
@Suite struct GuardFileTests {
    @Test func `the guard has every head before anyone sees it, and the log opens with it`() async throws {
        let log = try TestLog(guardElsewhere: true)
        try await log.create()
        let path = try #require(log.guardPath)
        try await log.run(try await log.open()) { sequencer, reader in
            for number in 0..<20 {
                _ = try await sequencer.submit(.test(number))
                let seen = try #require(try GuardFile.look(at: path))
                #expect(seen.note == reader.checkpoint.note(logID: log.description.logID).bytes)
            }
        }
        #expect(!FileManager.default.fileExists(atPath: log.path + "-guard"))
        let store = try await log.open()
        #expect(store.initialCondition == .starting)
        try await store.close()
    }

    @Test func `R-16 TL-64 a restored store is refused by the guard alone, and stays refused (I13)`() async throws {
        let log = try TestLog(guardElsewhere: true)
        try await log.fill(3)
        try await log.rollingBack { try await log.fill(10, from: 3) }
        let before = try Data(contentsOf: URL(fileURLWithPath: log.path))
        for _ in 0..<2 {
            await #expect(throws: StoreRefusal.rolledBack(storedSize: 3, exposedSize: 13)) { try await log.open() }
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: log.path)) == before)
        let path = try #require(log.guardPath)
        let record = try #require(try GuardFile.look(at: path))
        guard case .frozen = record.state else { return #expect(Bool(false), "\(record.state)") }
    }

    @Test func `R-16 a store that lost nothing but a heartbeat is an old copy too`() async throws {
        let log = try TestLog(guardElsewhere: true)
        try await log.fill(3)
        try await log.rollingBack { try await log.run(try await log.open()) { _, _ in } }
        await #expect(throws: StoreRefusal.rolledBack(storedSize: 3, exposedSize: 3)) { try await log.open() }
    }

    @Test("R-16 without its guard an existing log is refused", arguments: [0, 3])
    func missing(count: Int) async throws {
        let log = try TestLog(guardElsewhere: true)
        if count == 0 { try await log.create() } else { try await log.fill(count) }
        let path = try #require(log.guardPath)
        try FileManager.default.removeItem(atPath: path)
        await #expect(throws: StoreRefusal.guardMissing(path: path)) { try await log.open() }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `R-16 another history of the same or a larger size is refused (I2)`() async throws {
        let log = try TestLog(guardElsewhere: true)
        try await log.fill(3)
        let path = try #require(log.guardPath)
        let keep = path + ".kept"
        try await log.rollingBack {
            try await log.fill(1, from: 100)
            try FileManager.default.moveItem(atPath: path, toPath: keep)
        }
        // The second history: what it has in common with the first ends at size 3.
        let asIfNew = SQLiteStoreOperator(
            path: log.path, guardPath: path, description: log.description, format: TestRecord.format)
        _ = try await asIfNew.perform(.adopt, actor: "test", reason: "a second history", now: log.clock.now)
        try await log.fill(1, from: 200)
        func replaceGuard() throws {
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.copyItem(atPath: keep, toPath: path)
        }
        try replaceGuard()
        await #expect(throws: StoreRefusal.forked(size: 4)) { try await log.open() }
        try FileManager.default.removeItem(atPath: path)
        _ = try await asIfNew.perform(.adopt, actor: "test", reason: "once more", now: log.clock.now)
        try await log.fill(5, from: 300)
        try replaceGuard()
        await #expect(throws: StoreRefusal.forked(size: 4)) { try await log.open() }
    }

    @Test func `an older guard that is consistent is no reason to refuse: a crash before it was written`() async throws
    {
        let log = try TestLog(guardElsewhere: true)
        try await log.fill(300)
        let path = try #require(log.guardPath)
        let old = try Data(contentsOf: URL(fileURLWithPath: path))
        try await log.fill(300, from: 300)
        try old.write(to: URL(fileURLWithPath: path))
        let store = try await log.open()
        #expect(store.initialState.signedTreeHead.head.size.value == 600)
        try await store.close()
    }

    @Test func `a torn record leaves the one before it`() async throws {
        let log = try TestLog(guardElsewhere: true)
        try await log.fill(3)
        let path = try #require(log.guardPath)
        let newest = try #require(try GuardFile.look(at: path))
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try handle.seek(toOffset: (newest.sequence & 1) * UInt64(GuardRecord.byteCount) + 200)
        try handle.write(contentsOf: Data([0]))
        try handle.close()
        #expect(try GuardFile.look(at: path)?.sequence == newest.sequence - 1)
        let store = try await log.open()
        try await store.close()
        try Data(repeating: 0x20, count: 2 * GuardRecord.byteCount).write(to: URL(fileURLWithPath: path))
        let refusal = await #expect(throws: StoreRefusal.self) { try await log.open() }
        guard case .guardDamaged = refusal else { return #expect(Bool(false), "\(String(describing: refusal))") }
    }

    @Test func `the guard of another log is refused`() async throws {
        let (log, other) = (try TestLog(guardElsewhere: true), try TestLog(guardElsewhere: true))
        try await log.fill(3)
        try await other.fill(3)
        let path = try #require(log.guardPath)
        try FileManager.default.removeItem(atPath: path)
        let foreign = try #require(other.guardPath)
        try FileManager.default.copyItem(atPath: foreign, toPath: path)
        let refusal = await #expect(throws: StoreRefusal.self) { try await log.open() }
        guard case .guardDamaged = refusal else { return #expect(Bool(false), "\(String(describing: refusal))") }
    }

    @Test func `R-13 a guard that cannot be written ends the sequencer before anyone hears of the entry`() async throws
    {
        let log = try TestLog(guardElsewhere: true)
        try await log.create()
        let store = try await log.open()
        store.guardFile.close()
        await #expect(throws: CommitFailure.self) {
            try await log.run(store) { sequencer, reader in
                await #expect(throws: SubmissionFailure.stopped) { try await sequencer.submit(.test(1)) }
                #expect(reader.checkpoint.signedTreeHead.head.size == .zero)
            }
        }
        let reopened = try await log.open()
        try await reopened.close()
    }

    @Test(
        "a record reads back as it was written",
        arguments: [
            .serving, .frozen(reason: "a reason, with \u{E4}"), .closed(reason: ""),
        ] as [GuardRecord.State])
    func record(state: GuardRecord.State) throws {
        let record = GuardRecord(sequence: 7, state: state, note: Array("a\n\nb\n".utf8))
        let bytes = try #require(record.encoded)
        #expect(bytes.count == GuardRecord.byteCount)
        #expect(GuardRecord(bytes) == record)
        for position in [0, 30, 95, 110, 120] {
            var changed = bytes
            changed[position] ^= 1
            #expect(GuardRecord(changed) == nil)
        }
        #expect(GuardRecord(bytes.prefix(120)) == nil)
    }
}
