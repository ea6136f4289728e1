internal import Dispatch
internal import FoundationEssentials
internal import GRDB
internal import OpenSSL
internal import TransparencyLog
import Glibc

/// One index in a SQLite database of its own, which is no part of the log's transactions and connections.
///
/// In WAL mode with `synchronous = NORMAL` a power cut may undo the newest transactions and nothing else; the watermark
/// goes back with them.
final class IndexDatabase: Sendable {
    private let reader: any DatabaseReader
    private let writer: DatabasePool?

    /// The file as it was opened.
    private let file: FileStatus?
    private let path: String

    /// The name of a log and what makes it unique.
    struct Identity: Hashable, Sendable {
        let origin: Origin
        let logID: SHA256Digest
    }

    private init(path: String, reader: any DatabaseReader, writer: DatabasePool?) {
        (self.path, self.reader, self.writer) = (path, reader, writer)
        file = FileStatus(path)
    }

    /// Opens what is there after looking over all of it; throws `IndexUnusable` for anything that is no whole index of
    /// this log.
    static func open(_ path: String, of log: Identity, isReadOnly: Bool) async throws -> IndexDatabase {
        guard let status = FileStatus(path), status.isRegular, status.byteCount > 0 else {
            throw IndexUnusable("there is none")
        }
        return try await reporting {
            let database: IndexDatabase
            if isReadOnly {
                let queue = try DatabaseQueue(path: path, configuration: configuration(isReadOnly: true))
                database = IndexDatabase(path: path, reader: queue, writer: nil)
            } else {
                let pool = try DatabasePool(path: path, configuration: configuration(isReadOnly: false))
                database = IndexDatabase(path: path, reader: pool, writer: pool)
            }
            try await database.reader.read { database in
                // Before anything else is read: what has another shape must not look like an error of ours.
                try check(database, is: log)
                let found = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
                guard found == "ok" else { throw IndexUnusable("it is damaged: \(found ?? "no answer")") }
            }
            return database
        }
    }

    /// Makes an index without entries where nothing is.
    static func create(_ path: String, of log: Identity) async throws -> IndexDatabase {
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw IndexUnusable("it cannot be made: \(unsafe String(cString: strerror(errno)))")
        }
        Glibc.close(descriptor)
        return try await reporting {
            let pool = try DatabasePool(path: path, configuration: configuration(isReadOnly: false))
            try await pool.write { database in
                try database.execute(sql: IndexSchema.tables)
                try database.execute(
                    sql: "INSERT INTO log VALUES (1, ?, ?, ?, 0, x'')",
                    arguments: [IndexSchema.version, log.origin.text, Data(log.logID.bytes)])
            }
            return IndexDatabase(path: path, reader: pool, writer: pool)
        }
    }

    /// Removes an index with everything that SQLite keeps beside it.
    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm", "-journal"] { unsafe unlink(path + suffix) }
    }

    /// Whether the path still leads to the file that was opened.
    var isInPlace: Bool {
        guard let file, let now = FileStatus(path) else { return false }
        return file.device == now.device && file.inode == now.inode
    }

    /// How far the index is.
    func watermark() async throws -> IndexWatermark {
        try await read { database in
            guard let row = try Row.fetchOne(database, sql: "SELECT size, leaf_hash FROM log WHERE id = 1"),
                let size = UInt64(exactly: try row.decode(Int64.self, atIndex: 0))
            else { throw IndexUnusable("its watermark is missing") }
            return IndexWatermark(size: size, leafHash: [UInt8](try row.decode(Data.self, atIndex: 1)))
        }
    }

    /// Adds the entries that follow `before`, all or none of them, and moves the watermark behind them.
    func append(_ entries: [LoggedCertificate], after before: IndexWatermark, to next: IndexWatermark) async throws {
        guard let writer else { throw IndexUnusable("it was opened for reading") }
        // Octets, because texts that look alike are equal to Swift and are different names.
        let names = Set(entries.flatMap { $0.names.map { Array($0.value.utf8) } }).map { ($0, IndexTerm.name($0)) }
        // In the order of the key, so that what lies side by side is written together.
        let postings = entries.flatMap { entry in
            let terms = Set(entry.termsBesideNames + entry.names.map { .name($0.value) })
            return terms.map { (term: $0.value, index: Int64(clamping: entry.index.value)) }
        }
        .sorted { $0 < $1 }
        try await Self.reporting {
            try await writer.write { database in
                let name = try database.cachedStatement(sql: "INSERT OR IGNORE INTO name VALUES (?, ?)")
                for (value, term) in names {
                    let beginning = Data(value.prefix(IndexSchema.nameByteCount))
                    try name.execute(arguments: [beginning, term.value])
                }
                let posting = try database.cachedStatement(sql: "INSERT OR IGNORE INTO posting VALUES (?, ?)")
                for (term, index) in postings { try posting.execute(arguments: [term, index]) }
                try database.execute(
                    sql: "UPDATE log SET size = ?, leaf_hash = ? WHERE id = 1 AND size = ?",
                    arguments: [Int64(clamping: next.size), Data(next.leafHash), Int64(clamping: before.size)])
                guard database.changesCount == 1 else { throw IndexUnusable("its watermark was moved by another") }
            }
        }
    }

    /// Runs `body` on one view of the index; damage that SQLite finds becomes `IndexUnusable`.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await Self.reporting { try await reader.read(body) }
    }

    /// Ends all connections; what was read before is not affected.
    ///
    /// The one that writes is the last to go, which leaves everything in one file.
    func close() {
        writer?.invalidateReadOnlyConnections()
        try? reader.close()
    }

    private static func check(_ database: Database, is log: Identity) throws {
        guard let row = try Row.fetchOne(database, sql: "SELECT version, origin, log_id FROM log WHERE id = 1") else {
            throw IndexUnusable("it says nothing of its log")
        }
        guard try row.decode(Int64.self, atIndex: 0) == IndexSchema.version else {
            throw IndexUnusable("it has another version")
        }
        guard try row.decode(String.self, atIndex: 1) == log.origin.text,
            [UInt8](try row.decode(Data.self, atIndex: 2)) == log.logID.bytes
        else { throw IndexUnusable("it is another log's") }
    }

    private static func configuration(isReadOnly: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.label = "certificate-index"
        configuration.readonly = isReadOnly
        configuration.qos = .utility
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            if !isReadOnly { try database.execute(sql: "PRAGMA synchronous = NORMAL") }
            try database.execute(sql: "PRAGMA cache_size = -8192")
            try database.execute(sql: "PRAGMA mmap_size = 0")
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            try database.execute(sql: "PRAGMA cell_size_check = ON")
        }
        return configuration
    }

    /// Tells damage from everything else that can go wrong, such as a full volume.
    private static func reporting<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let unusable: [ResultCode] = [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_SCHEMA, .SQLITE_ERROR]
        do {
            return try await body()
        } catch let error as DatabaseError where unusable.contains(error.resultCode) {
            throw IndexUnusable("SQLite says: \(error.message ?? "\(error.resultCode)")")
        } catch is RowDecodingError {
            throw IndexUnusable("a value has another type than its column")
        }
    }
}
