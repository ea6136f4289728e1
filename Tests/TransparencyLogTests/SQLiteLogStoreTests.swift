import Foundation
import GRDB
import OpenSSL
import Testing

@testable import TransparencyLog

@Suite struct SQLiteLogStoreTests {
    @Test func `TL-65 a store that is not there is not created by opening it (I14, R-17)`() async throws {
        let log = try TestLog()
        await #expect(throws: StoreRefusal.missing(path: log.path + "-lock")) { try await log.open() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: log.directory.path).isEmpty)
    }

    @Test func `TL-65 a store that is there is not created again`() async throws {
        let log = try TestLog()
        try await log.fill(2)
        let before = try Data(contentsOf: URL(fileURLWithPath: log.path))
        await #expect(throws: StoreRefusal.self) { try await log.create() }
        #expect(try Data(contentsOf: URL(fileURLWithPath: log.path)) == before)
        try FileManager.default.removeItem(atPath: log.path + "-lock")
        await #expect(throws: StoreRefusal.self) { try await log.create() }
        #expect(try Data(contentsOf: URL(fileURLWithPath: log.path)) == before)
    }

    @Test func `only the owner can read the files`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = try await log.open()
        try await log.run(store) { sequencer, _ in
            _ = try await sequencer.submit(.test(1))
            let names = try FileManager.default.contentsOfDirectory(atPath: log.directory.path)
            let expected = ["", "-guard", "-lock", "-shm", "-wal"].map { "log.sqlite\($0)" }
            #expect(Set(names) == Set(expected))
            for name in names {
                let path = log.directory.appending(path: name).path
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(name)")
            }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: log.directory.path)
        #expect(Set(names) == ["log.sqlite", "log.sqlite-guard", "log.sqlite-lock"])
    }

    @Test func `TL-63 a second process on the same store is refused`() async throws {
        let log = try TestLog()
        try await log.create()
        let first = try await log.open()
        await #expect(throws: StoreRefusal.locked(path: log.path + "-lock")) { try await log.open() }
        try await first.close()
    }

    @Test("TL-66 another configuration than at the creation is refused", arguments: ["origin", "key", "window"])
    func configuration(what: String) async throws {
        let log = try TestLog()
        try await log.fill(1)
        let before = try Data(contentsOf: URL(fileURLWithPath: log.path))
        let stored = log.description
        let otherKey = LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256)))
        let changed = LogDescription(
            origin: what == "origin" ? try #require(Origin("log.example.test/2026b")) : stored.origin,
            key: what == "key" ? otherKey.publicKey.subjectPublicKeyInfo : stored.key,
            attributes: what == "window" ? ["test.window": "2027"] : stored.attributes)
        let refusal = await #expect(throws: StoreRefusal.self) {
            try await log.open(description: changed, key: what == "key" ? otherKey : log.key)
        }
        guard case .parameter = refusal else { return #expect(Bool(false), "\(String(describing: refusal))") }
        #expect(try Data(contentsOf: URL(fileURLWithPath: log.path)) == before)
        #expect(try await log.open().initialState.signedTreeHead.head.size.value == 1)
    }

    @Test func `TL-66 a private key that is not the log's is refused`() async throws {
        let log = try TestLog()
        try await log.create()
        let other = LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256)))
        await #expect(throws: StoreRefusal.self) { try await log.open(key: other) }
    }

    @Test(
        "a log key that is not ECDSA P-256 creates no log",
        arguments: [
            PrivateKey.Kind.ellipticCurve(.p384), .ed25519,
        ])
    func otherKeys(kind: PrivateKey.Kind) async throws {
        let log = try TestLog()
        let key = LocalSigningKey(try PrivateKey.generate(kind))
        let description = LogDescription(
            origin: log.description.origin, key: key.publicKey.subjectPublicKeyInfo, attributes: [:])
        await #expect(throws: UnusableLogKey.self) {
            try await SQLiteLogStore.create(
                at: log.path, description: description, key: key, anchors: [], now: log.clock.now)
        }
        #expect(!FileManager.default.fileExists(atPath: log.path))
    }

    @Test("TL-66 R-44 a store of another schema version is refused in both directions", arguments: ["1", "4"])
    func schema(version: String) async throws {
        let log = try TestLog()
        try await log.create()
        try log.tamper("UPDATE meta SET value = ? WHERE key = 'log.schema-version'", [version])
        await #expect(throws: StoreRefusal.schemaVersion(expected: "3", found: version)) { try await log.open() }
    }

    @Test("R-44 a closed log of an older version is read as it is, and stays as it is")
    func closedSchema() async throws {
        let log = try TestLog()
        try await log.fill(3)
        try log.tamper(
            """
            DROP TABLE cosig; DROP TABLE evidence; UPDATE meta SET value = '2' WHERE key = 'log.schema-version';
            INSERT INTO meta (key, value) VALUES ('log.closed', 'a test')
            """)
        let store = try await log.open()
        #expect(store.initialCondition == .closed(reason: "a test"))
        let entries = try await store.read { try $0.entries(in: 0..<3, byteCount: .max) }
        #expect(entries.map(\.index.value) == [0, 1, 2])
        try await store.close()
        let report = try await log.inspect()
        #expect(report.head.size.value == 3 && report.condition == .closed(reason: "a test"))
        let version = try await DatabaseQueue(path: log.path).read {
            try String.fetchOne($0, sql: "SELECT value FROM meta WHERE key = 'log.schema-version'")
        }
        #expect(version == "2")
    }

    @Test(
        "R-44 what is never written to again is read in each version since 2, all else in the last two",
        arguments: [
            ("1", false, false), ("2", false, true), ("3", false, true), ("4", true, true), ("5", true, true),
            ("6", false, false), ("03", false, false), ("none", false, false),
        ])
    func versions(found: String, whileWritten: Bool, atItsEnd: Bool) {
        #expect(SQLiteSchema.accepts(found, in: .starting, by: "5") == whileWritten)
        #expect(SQLiteSchema.accepts(found, in: .closed(reason: "a test"), by: "5") == atItsEnd)
        #expect(SQLiteSchema.accepts(found, in: .frozen(reason: "a test"), by: "5") == atItsEnd)
    }

    @Test func `a clock before the last head is refused at the start, and a second is forgiven`() async throws {
        let log = try TestLog()
        try await log.create()
        log.clock.goBack(milliseconds: 5000)
        let refusal = await #expect(throws: StoreRefusal.self) { try await log.open() }
        guard case .clockBehindHead = refusal else { return #expect(Bool(false), "\(String(describing: refusal))") }
        log.clock.advance(milliseconds: 4500)
        let store = try await log.open()
        try await store.close()
    }

    @Test(
        "TL-72 R-12 every setting is read back and a wrong one refused",
        arguments: [
            ("synchronous", "NORMAL"), ("wal_autocheckpoint", "1000"), ("mmap_size", "65536"),
            ("trusted_schema", "ON"), ("cell_size_check", "OFF"), ("foreign_keys", "OFF"), ("query_only", "ON"),
            ("journal_mode", "DELETE"),
        ])
    func settings(name: String, wrong: String) async throws {
        let log = try TestLog()
        try await log.create()
        let queue = try DatabaseQueue(path: log.path, configuration: SQLiteSettings.writer)
        try queue.inDatabase { database in
            try SQLiteSettings.verify(database, role: .writer)
            try database.execute(sql: "PRAGMA \(name) = \(wrong)")
            let refusal = #expect(throws: StoreRefusal.self) { try SQLiteSettings.verify(database, role: .writer) }
            guard case .setting(name, _, _) = refusal else {
                return #expect(Bool(false), "\(String(describing: refusal))")
            }
        }
    }

    @Test func `TL-72 a store with another page size or journal is refused at the start`() async throws {
        let log = try TestLog()
        try await log.create()
        try log.tamper("PRAGMA journal_mode = DELETE")
        await #expect(throws: StoreRefusal.setting(name: "journal_mode", expected: "wal", found: "delete")) {
            try await log.open()
        }
        try log.tamper("PRAGMA page_size = 4096; VACUUM; PRAGMA journal_mode = WAL")
        await #expect(throws: StoreRefusal.setting(name: "page_size", expected: "8192", found: "4096")) {
            try await log.open()
        }
    }

    @Test(
        "TL-72 versions of the library with the checkpoint race are told apart",
        arguments: [
            ("3.40.1", false), ("3.51.2", false), ("3.51.3", true), ("3.52.0", true), ("4.0.0", true), ("", false),
        ])
    func version(text: String, isSound: Bool) {
        #expect(SQLiteSettings.isSound(version: text) == isSound)
    }

    @Test func `R-15 readers cannot write`() async throws {
        let log = try TestLog()
        try await log.create()
        let store = try await log.open()
        let pool = try DatabasePool(path: log.path, configuration: SQLiteSettings.readers)
        #expect(throws: DatabaseError.self) {
            try pool.write { try $0.execute(sql: "DELETE FROM meta") }
        }
        try pool.close()
        try await store.close()
    }

    @Test(
        "R-14 the reserve of a volume",
        arguments: [
            (0, 0), (50 << 20, 1 << 20), (50 << 30, 1 << 30), (51 << 30, 1 << 30), (.max, 1 << 30),
        ] as [(UInt64, UInt64)])
    func reserve(byteCount: UInt64, expected: UInt64) throws {
        #expect(VolumeSpace(freeByteCount: 0, totalByteCount: byteCount).reserveByteCount == expected)
    }

    @Test func `R-14 the free space of the volume is known`() throws {
        let log = try TestLog()
        let space = try #require(SQLiteFiles(database: log.path).space())
        #expect(space.totalByteCount > 0)
        #expect(space.freeByteCount <= space.totalByteCount)
        #expect(!VolumeSpace(freeByteCount: 99, totalByteCount: 5000).hasRoom)
        #expect(VolumeSpace(freeByteCount: 100, totalByteCount: 5000).hasRoom)
        #expect(SQLiteFiles(database: "/nonexistent/directory/log.sqlite").space() == nil)
    }

    @Test func `the write-ahead log is moved into the database while the log runs, and emptied at its end`()
        async throws
    {
        let log = try TestLog()
        try await log.create()
        @Sendable func byteCount(_ suffix: String) throws -> Int { try SQLiteFiles.byteCount(log.path + suffix) }
        try await log.run(try await log.open()) { sequencer, _ in
            for number in 0..<16 {
                _ = try await sequencer.submit(.test(number, byteCount: 3 << 20))
            }
            #expect(try byteCount("") > SQLiteLogStore.checkpointByteCount)
            #expect(try byteCount("-wal") < 2 * SQLiteLogStore.checkpointByteCount)
        }
        #expect(try byteCount("") > 16 * 3 << 20)
        #expect(throws: StoreRefusal.self) { try byteCount("-wal") }
    }
}
