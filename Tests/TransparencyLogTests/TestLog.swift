import Foundation
import GRDB
import Logging
import OpenSSL
import Synchronization
import Testing
import TransparencyLog

/// A log on disk in a directory of its own, which goes when this object goes.
final class TestLog: Sendable {
    let directory: URL
    let key: LocalSigningKey
    let description: LogDescription
    let clock = TestClock()
    /// Nil for a guard file beside the database.
    let guardPath: String?

    var path: String { directory.appending(path: "log.sqlite").path }

    init(guardElsewhere: Bool = false) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "transparency-log-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        key = LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256)))
        description = LogDescription(
            origin: try #require(Origin("log.example.test/2026a")), key: key.publicKey.subjectPublicKeyInfo,
            attributes: ["test.window": "2026"])
        guardPath = guardElsewhere ? directory.appending(path: "elsewhere/guard").path : nil
        if guardElsewhere {
            try FileManager.default.createDirectory(
                at: directory.appending(path: "elsewhere"), withIntermediateDirectories: true)
        }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func create() async throws {
        try await SQLiteLogStore.create(
            at: path, guardPath: guardPath, description: description, key: key, anchors: [[1, 2, 3]],
            now: clock.now)
    }

    func open(
        path: String? = nil, description: LogDescription? = nil, key: LocalSigningKey? = nil
    ) async throws -> SQLiteLogStore {
        try await SQLiteLogStore.open(
            at: path ?? self.path, guardPath: guardPath, description: description ?? self.description,
            key: key ?? self.key, format: TestRecord.format, now: clock.now, logger: .silent)
    }

    /// Runs a sequencer over a store while `body` uses it, and ends as a process does on SIGTERM.
    ///
    /// Throws what `run()` throws after `body` has ended.
    func run<Value: Sendable>(
        _ store: any LogStore, heartbeat: Duration = .seconds(30), published: PublishedHead? = nil,
        key: (any SigningKey)? = nil,
        _ body: @escaping @Sendable (Sequencer, LogReader) async throws -> Value
    ) async throws -> Value {
        let published = published ?? publishedHead(of: store)
        let sequencer = Sequencer(
            store: store, description: description, key: key ?? self.key, format: TestRecord.format,
            published: published, heartbeat: heartbeat, clock: { [clock] in clock.now }, logger: .silent)
        let reader = LogReader(store: store, published: published, format: TestRecord.format)
        async let running: Void = sequencer.run()
        let result: Result<Value, any Error>
        do { result = .success(try await body(sequencer, reader)) } catch { result = .failure(error) }
        sequencer.shutDown()
        try await running
        return try result.get()
    }

    func publishedHead(of store: any LogStore) -> PublishedHead {
        PublishedHead(
            Checkpoint(origin: description.origin, signedTreeHead: store.initialState.signedTreeHead))
    }

    /// Creates the log, logs so many entries and closes it.
    func fill(_ count: Int, from first: Int = 0) async throws {
        if !FileManager.default.fileExists(atPath: path) { try await create() }
        _ = try await run(try await open()) { sequencer, _ in
            try await withThrowingTaskGroup(of: SequencedEntry.self) { group in
                for number in first..<(first + count) {
                    group.addTask { try await sequencer.submit(.test(number)) }
                }
                return try await group.reduce(into: 0) { count, _ in count += 1 }
            }
        }
    }

    /// Puts the database, and the lock file with it, back to what they were when `body` began.
    func rollingBack(_ body: () async throws -> Void) async throws {
        let names = ["log.sqlite", "log.sqlite-lock"]
        let before = try names.map { try Data(contentsOf: directory.appending(path: $0)) }
        try await body()
        for (name, bytes) in zip(names, before) { try bytes.write(to: directory.appending(path: name)) }
    }

    /// Recomputes the closed store.
    func inspect() async throws -> SQLiteStoreInspection.Report {
        try await SQLiteStoreInspection(path: path, description: description, format: TestRecord.format)
            .run(guardPath: guardPath ?? path + "-guard")
    }

    /// Changes the closed database as somebody with write access would.
    func tamper(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
        // The log may be committing its first head at the same moment.
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql, arguments: arguments) }
        try queue.close()
    }
}

/// A wall clock that a test sets; otherwise it goes on by a millisecond with each look at it.
final class TestClock: Sendable {
    private let milliseconds = Mutex<UInt64>(1_800_000_000_000)

    var now: Timestamp {
        milliseconds.withLock { milliseconds in
            milliseconds += 1
            return Timestamp(milliseconds: milliseconds)
        }
    }

    /// Sets the clock forward.
    func advance(milliseconds step: UInt64) { milliseconds.withLock { $0 += step } }

    /// Sets the clock back.
    func goBack(milliseconds step: UInt64) { milliseconds.withLock { $0 -= step } }
}

/// Records of the tests' own kind: position, time, digest of one attachment, and the rest is the content.
enum TestRecord {
    struct Malformed: Error {}

    static let format = RecordFormat { record in
        guard record.count > 48, let number = BigEndian.uint64(record[0..<8]), let index = LeafIndex(number),
            let time = BigEndian.uint64(record[8..<16]), let attachment = SHA256Digest(Array(record[16..<48]))
        else { throw Malformed() }
        return ParsedRecord(
            leafInput: Array(record[0..<16] + record[48...]), identity: Array(record[48...]), index: index,
            timestamp: Timestamp(milliseconds: time), attachments: [attachment])
    }
}

extension Submission {
    /// A submission that is equal to every other one of its number.
    static func test(_ number: Int, byteCount: Int = 8) -> Submission {
        let content = BigEndian.bytes(UInt64(number)) + [UInt8](repeating: 7, count: byteCount - 7)
        let attachment: [UInt8] = [0x41, UInt8(number & 1)]
        return Submission(identity: content, attachments: [attachment]) { index, timestamp in
            let place = BigEndian.bytes(index.value) + BigEndian.bytes(timestamp.milliseconds)
            return Record(
                bytes: place + SHA256Digest(hashing: attachment).bytes + content, leafInput: place + content)
        }
    }

    /// A submission that no record can be made of.
    static func unencodable(_ number: Int) -> Submission {
        Submission(identity: [0xEE] + BigEndian.bytes(UInt64(number)), attachments: []) { _, _ in
            throw TestRecord.Malformed()
        }
    }

    /// A submission whose record says something else than was submitted.
    static func lying(_ number: Int) -> Submission {
        let honest = test(number)
        return Submission(identity: honest.identity, attachments: honest.attachments) { index, timestamp in
            let record = try honest.record(index, timestamp)
            return Record(bytes: record.bytes + [0], leafInput: record.leafInput)
        }
    }
}

extension Logger {
    /// A logger that drops everything.
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
