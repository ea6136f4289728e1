import Foundation
import GRDB
import OpenSSL
import Testing

@testable import TransparencyLog

/// What operators can do to a log at rest, and copies of it.
@Suite struct StoreOperatorTests {
    private func perform(_ kind: StoreOperation.Kind, on log: TestLog) async throws -> StoreOperation {
        let path = log.path
        return try await SQLiteStoreOperator(
            path: path, guardPath: log.guardPath, description: log.description, format: TestRecord.format
        ).perform(kind, actor: "jane (uid 7)", reason: "because of \(kind)", now: log.clock.now)
    }

    private func history(_ log: TestLog) async throws -> [StoreOperation] {
        try await SQLiteStoreOperator(path: log.path, description: log.description, format: TestRecord.format).history()
    }

    @Test func `freeze, thaw and close take effect in turn, and each leaves a record`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        var done: [StoreOperation] = []
        done.append(try await perform(.freeze, on: log))
        let frozen = try await log.open()
        #expect(frozen.initialCondition == .frozen(reason: "because of freeze"))
        try await frozen.close()
        done.append(try await perform(.thaw, on: log))
        try await log.fill(3, from: 3)
        done.append(try await perform(.close, on: log))
        let closed = try await log.open()
        #expect(closed.initialCondition == .closed(reason: "because of close"))
        try await log.run(closed) { sequencer, reader in
            await #expect(throws: SubmissionFailure.closed) { try await sequencer.submit(.test(9)) }
            let pages = try await reader.page(from: 0, through: 9)
            #expect(pages.entries.count == 6)
        }
        for kind in StoreOperation.Kind.allCases {
            await #expect(throws: StoreRefusal.self) { try await perform(kind, on: log) }
        }
        let kept = try await history(log)
        #expect(kept == done)
        #expect(kept.map(\.sequence) == [1, 2, 3])
        #expect(kept.map(\.size) == [3, 3, 6])
        #expect(kept.allSatisfy { $0.actor == "jane (uid 7)" })
    }

    @Test func `R-16 a restored store is left by adopt alone, which is written down`() async throws {
        let log = try TestLog(guardElsewhere: true)
        try await log.fill(3)
        try await log.rollingBack { try await log.fill(10, from: 3) }
        await #expect(throws: StoreRefusal.self) { try await log.open() }
        for kind in [StoreOperation.Kind.thaw, .close] {
            await #expect(throws: StoreRefusal.rolledBack(storedSize: 3, exposedSize: 13)) {
                try await perform(kind, on: log)
            }
        }
        _ = try await perform(.adopt, on: log)
        #expect(try await history(log).map(\.kind) == [.adopt])
        try await log.fill(1, from: 20)
        #expect(try await log.inspect().head.size.value == 4)
    }

    @Test func `a damaged store is neither thawed nor adopted nor closed`() async throws {
        let log = try TestLog()
        try await log.fill(800)
        _ = try await perform(.freeze, on: log)
        try log.tamper("UPDATE entry SET leaf = x'' WHERE idx = 3")
        for kind in [StoreOperation.Kind.thaw, .adopt, .close] {
            let refusal = await #expect(throws: StoreRefusal.self) { try await perform(kind, on: log) }
            #expect(refusal?.isDamage == true)
        }
        #expect(try await history(log).map(\.kind) == [.freeze])
    }

    @Test func `TL-63 nothing is done to a log that a server has open, but its history can be read`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        let store = try await log.open()
        for kind in StoreOperation.Kind.allCases {
            await #expect(throws: StoreRefusal.locked(path: log.path + "-lock")) { try await perform(kind, on: log) }
        }
        #expect(try await history(log).isEmpty)
        try await store.close()
    }

    @Test func `R-44 a store of the version before is adopted and then has the new tables`() async throws {
        let log = try TestLog()
        try await log.fill(3)
        try log.tamper(
            "DROP TABLE operation; DROP TABLE scrub; DROP TABLE cosig; DROP TABLE evidence; "
                + "UPDATE meta SET value = '1' WHERE key = 'log.schema-version'"
        )
        try FileManager.default.removeItem(atPath: log.path + "-guard")
        await #expect(throws: StoreRefusal.schemaVersion(expected: "3", found: "1")) { try await log.open() }
        _ = try await perform(.adopt, on: log)
        try await log.fill(1, from: 3)
        #expect(try await history(log).count == 1)
    }

    @Test func `R-20 a copy made under load is whole, verifies, and does not sign before it is adopted`() async throws {
        let log = try TestLog()
        try await log.create()
        let copy = log.directory.appending(path: "copy.sqlite").path
        let sizes = try await log.run(try await log.open()) { sequencer, reader in
            let load = Task {
                for number in 0..<400 { _ = try await sequencer.submit(.test(number)) }
            }
            while reader.checkpoint.signedTreeHead.head.size.value < 50 { try await Task.sleep(for: .milliseconds(5)) }
            let before = reader.checkpoint.signedTreeHead.head.size.value
            try await SQLiteBackup.run(from: log.path, to: copy)
            let after = reader.checkpoint.signedTreeHead.head.size.value
            try await load.value
            return before...after
        }
        #expect(!FileManager.default.fileExists(atPath: copy + "-wal"))
        let inspection = try SQLiteStoreInspection(path: copy, description: log.description, format: TestRecord.format)
        let found = try await inspection.run()
        // A batch may be committed and not yet published when the copy begins or ends.
        #expect(found.head.size.value >= sizes.lowerBound && found.head.size.value <= sizes.upperBound + 1024)
        await #expect(throws: StoreRefusal.missing(path: copy + "-lock")) { try await log.open(path: copy) }
        await #expect(throws: StoreRefusal.alreadyExists(path: copy)) {
            try await SQLiteBackup.run(from: log.path, to: copy)
        }
        let owner = SQLiteStoreOperator(path: copy, description: log.description, format: TestRecord.format)
        _ = try await owner.perform(.adopt, actor: "test", reason: "test", now: log.clock.now)
        let store = try await log.open(path: copy)
        try await store.close()
    }
}
