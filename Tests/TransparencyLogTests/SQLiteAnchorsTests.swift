import Foundation
import OpenSSL
import Testing
import TransparencyLog

@Suite struct SQLiteAnchorsTests {
    private static func change(
        _ log: TestLog, _ changes: [SQLiteLogStore.AnchorChange]
    ) async throws -> Set<[UInt8]> {
        Set(
            try await SQLiteLogStore.anchors(
                at: log.path, description: log.description, changes: changes, actor: "me", reason: "because",
                now: log.clock.now))
    }

    @Test func `TL-39 anchors are added and removed, all changes or none, and each leaves a record`() async throws {
        let log = try TestLog()
        try await log.create()
        #expect(try await Self.change(log, []) == [[1, 2, 3]])
        #expect(try await Self.change(log, [.add([4]), .add([5]), .add([4])]) == [[1, 2, 3], [4], [5]])
        let four = SHA256Digest(hashing: [4])
        #expect(try await Self.change(log, [.remove(four)]) == [[1, 2, 3], [5]])
        await #expect(throws: StoreRefusal.self) { try await Self.change(log, [.add([6]), .remove(four)]) }
        await #expect(throws: StoreRefusal.self) {
            try await Self.change(
                log, [.remove(SHA256Digest(hashing: [5])), .remove(SHA256Digest(hashing: [1, 2, 3]))])
        }
        #expect(try await Self.change(log, []) == [[1, 2, 3], [5]])
        #expect(try await Self.change(log, [.add([4])]) == [[1, 2, 3], [4], [5]])
        let store = try await log.open()
        #expect(Set(store.anchors) == [[1, 2, 3], [4], [5]])
        await store.abandon()
        let records = try await SQLiteStoreOperator(
            path: log.path, description: log.description, format: TestRecord.format
        ).history()
        #expect(records.map(\.kind) == [.acceptRoot, .acceptRoot, .removeRoot, .acceptRoot])
        #expect(records.allSatisfy { $0.reason.hasSuffix(": because") && $0.actor == "me" && $0.size == 0 })
        #expect(records.filter { $0.kind == .removeRoot }.map(\.reason) == ["\(four.hex): because"])
    }

    @Test func `TL-39 anchors are listed while the log is in use`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = try await log.open()
        let lister = SQLiteStoreOperator(path: log.path, description: log.description, format: TestRecord.format)
        #expect(try await lister.anchors() == [[1, 2, 3]])
        try await store.close()
        // At rest nothing is made beside the store by those who only look.
        let before = try FileManager.default.contentsOfDirectory(atPath: log.directory.path)
        #expect(try await lister.anchors() == [[1, 2, 3]])
        #expect(try FileManager.default.contentsOfDirectory(atPath: log.directory.path) == before)
    }

    @Test func `TL-66 TL-63 anchors of a log in use, of another log and of a frozen one stay`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = try await log.open()
        await #expect(throws: StoreRefusal.locked(path: log.path + "-lock")) {
            try await Self.change(log, [.add([4])])
        }
        await store.abandon()
        let other = LogDescription(origin: log.description.origin, key: log.description.key, attributes: ["a": "b"])
        await #expect(throws: StoreRefusal.self) {
            try await SQLiteStoreOperator(path: log.path, description: other, format: TestRecord.format).anchors()
        }
        try log.tamper("INSERT INTO meta (key, value) VALUES ('log.frozen', 'a test')")
        await #expect(throws: StoreRefusal.notInState("the log is frozen: a test")) {
            try await Self.change(log, [.add([4])])
        }
    }
}
