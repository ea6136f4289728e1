import Foundation
import GRDB
import OpenSSL
import Testing
import TransparencyLog

/// What the checks at the start find: R-17 for files, R-18 for single rows.
@Suite struct DamageTests {
    enum FileDamage: String, CaseIterable, Sendable {
        case deleted, truncatedToNothing, truncatedToOnePage, truncatedToHalf, headerOverwritten
        case lockDeleted
    }

    @Test("R-17 a damaged or missing file is refused and never replaced", arguments: FileDamage.allCases)
    func files(damage: FileDamage) async throws {
        let log = try TestLog()
        try await log.fill(300)
        let file = URL(fileURLWithPath: log.path)
        let bytes = try Data(contentsOf: file)
        switch damage {
        case .deleted: try FileManager.default.removeItem(at: file)
        case .truncatedToNothing: try Data().write(to: file)
        case .truncatedToOnePage: try bytes.prefix(8192).write(to: file)
        case .truncatedToHalf: try bytes.prefix(bytes.count / 2 / 8192 * 8192).write(to: file)
        case .headerOverwritten: try (Data(repeating: 0xAA, count: 100) + bytes.dropFirst(100)).write(to: file)
        case .lockDeleted: try FileManager.default.removeItem(atPath: log.path + "-lock")
        }
        let before = try? Data(contentsOf: file)
        await #expect(throws: StoreRefusal.self) { try await log.open() }
        #expect((try? Data(contentsOf: file)) == before)
    }

    /// A copy of the files as a kill -9 would leave them: nothing moved from the write-ahead log.
    ///
    /// `sql` is what somebody else changed just before.
    private func crashed(_ log: TestLog, after sql: String? = nil) async throws -> URL {
        let copy = log.directory.appending(path: "crashed")
        try await log.fill(3)
        try await log.run(try await log.open()) { sequencer, _ in
            for number in 10..<20 { _ = try await sequencer.submit(.test(number)) }
            if let sql { try log.tamper(sql) }
            try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
            for name in ["log.sqlite", "log.sqlite-wal", "log.sqlite-shm", "log.sqlite-lock", "log.sqlite-guard"] {
                try FileManager.default.copyItem(
                    at: log.directory.appending(path: name), to: copy.appending(path: name))
            }
        }
        return copy
    }

    @Test(
        "R-17 a refused start leaves the database and its write-ahead log byte for byte as they were",
        arguments: [
            "UPDATE meta SET value = '0' WHERE key = 'log.schema-version'",
            "UPDATE head SET note = x'00'",
            "DELETE FROM entry WHERE idx = 1",
            "UPDATE entry SET leaf_hash = zeroblob(32) WHERE idx = 12",
            "UPDATE root SET der = x'00'",
        ])
    func evidence(sql: String) async throws {
        let log = try TestLog()
        let path = try await crashed(log, after: sql).appending(path: "log.sqlite").path
        let before = try StoreBytes(path)
        #expect(before.writeAheadLog.count > 8192)
        await #expect(throws: StoreRefusal.self) { try await log.open(path: path) }
        #expect(try StoreBytes(path) == before)
        // A key of another log is found between the checks.
        let other = LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256)))
        await #expect(throws: StoreRefusal.self) { try await log.open(path: path, key: other) }
        #expect(try StoreBytes(path) == before)
    }

    @Test func `R-13 a store that is abandoned is byte for byte as it was (I12)`() async throws {
        let log = try TestLog()
        let path = try await crashed(log).appending(path: "log.sqlite").path
        let before = try StoreBytes(path)
        await (try await log.open(path: path)).abandon()
        #expect(try StoreBytes(path) == before)
        let store = try await log.open(path: path)
        #expect(store.initialState.signedTreeHead.head.size.value == 13)
        try await store.close()
    }

    /// What the files of a store have in them.
    private struct StoreBytes: Equatable {
        let database: Data
        let writeAheadLog: Data

        init(_ path: String) throws {
            database = try Data(contentsOf: URL(fileURLWithPath: path))
            writeAheadLog = try Data(contentsOf: URL(fileURLWithPath: path + "-wal"))
        }
    }

    @Test func `R-17 a missing index of the write-ahead log is rebuilt and nothing is lost`() async throws {
        let log = try TestLog()
        let copy = try await crashed(log)
        try FileManager.default.removeItem(at: copy.appending(path: "log.sqlite-shm"))
        let store = try await log.open(path: copy.appending(path: "log.sqlite").path)
        #expect(store.initialState.signedTreeHead.head.size.value == 13)
        try await store.close()
    }

    @Test func `R-17 R-16 a missing write-ahead log is an old copy and refused (I13)`() async throws {
        let log = try TestLog()
        let copy = try await crashed(log)
        try FileManager.default.removeItem(at: copy.appending(path: "log.sqlite-wal"))
        let refusal = await #expect(throws: StoreRefusal.self) {
            try await log.open(path: copy.appending(path: "log.sqlite").path)
        }
        #expect(refusal == .rolledBack(storedSize: 3, exposedSize: 13))
    }

    @Test func `a torn tail of the write-ahead log loses nothing that was acknowledged before it`() async throws {
        let log = try TestLog()
        let copy = try await crashed(log)
        let file = copy.appending(path: "log.sqlite-wal")
        let bytes = try Data(contentsOf: file)
        try (bytes + Data(repeating: 0x55, count: 5000)).write(to: file)
        let store = try await log.open(path: copy.appending(path: "log.sqlite").path)
        #expect(store.initialState.signedTreeHead.head.size.value == 13)
        try await store.close()
    }

    @Test(
        "R-18 TL-62 a changed or missing row is found at the start",
        arguments: [
            "UPDATE entry SET leaf = CAST(leaf || x'01' AS BLOB) WHERE idx = 299",
            "UPDATE entry SET leaf = CAST(x'01' || substr(leaf, 2) AS BLOB) WHERE idx = 290",
            "UPDATE entry SET leaf = x'' WHERE idx = 299",
            "UPDATE entry SET leaf_hash = zeroblob(32) WHERE idx = 299",
            "UPDATE entry SET leaf_hash = zeroblob(31) WHERE idx = 299",
            "UPDATE entry SET leaf_hash = zeroblob(32) WHERE idx = 3",
            "UPDATE tile SET bytes = zeroblob(8192) WHERE level = 0 AND n = 0",
            "UPDATE tile SET bytes = zeroblob(32) WHERE level = 1",
            "UPDATE tile SET bytes = x'' WHERE level = 1",
            "DELETE FROM tile WHERE level = 1",
            "UPDATE head SET root = zeroblob(32)",
            "UPDATE head SET timestamp = timestamp - 1",
            "UPDATE head SET tree_size = 299",
            "UPDATE head SET peaks = zeroblob(length(peaks))",
            "UPDATE head SET peaks = x''",
            "UPDATE head SET note = x'00'",
            "UPDATE head SET note = CAST(replace(CAST(note AS TEXT), '300', '301') AS BLOB)",
            "UPDATE head SET epoch = -1",
            "DELETE FROM head",
            "DELETE FROM entry WHERE idx = 5",
            "DELETE FROM entry WHERE idx = 299",
            "INSERT INTO entry VALUES (300, zeroblob(32), x'00')",
            "UPDATE entry SET idx = -1 WHERE idx = 0",
            "UPDATE dedup SET idx = 0 WHERE idx = 299",
            "DELETE FROM dedup WHERE idx = 298",
            "DELETE FROM leafidx WHERE idx = 299",
            "DELETE FROM issuer",
            "UPDATE issuer SET der = x'00'",
            "UPDATE root SET der = x'00'",
            "DELETE FROM meta WHERE key = 'log.created'",
            "UPDATE meta SET value = 'x' WHERE key = 'log.created'",
            "UPDATE meta SET value = '1900000000000' WHERE key = 'log.created'",
            "DROP TABLE head", "DROP TABLE meta", "DROP TABLE entry", "DROP TABLE tile", "DROP TABLE issuer",
        ])
    func rows(sql: String) async throws {
        let log = try TestLog()
        try await log.fill(300)
        try log.tamper(sql)
        await #expect(throws: StoreRefusal.self) { try await log.open() }
    }

    @Test func `an undamaged log of the same size opens`() async throws {
        let log = try TestLog()
        try await log.fill(300)
        let store = try await log.open()
        #expect(store.initialState.signedTreeHead.head.size.value == 300)
        #expect(store.anchors == [[1, 2, 3]])
        try await store.close()
    }
}
