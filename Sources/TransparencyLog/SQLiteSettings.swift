internal import Dispatch
internal import GRDB
internal import OpenSSL

/// What the storage engine must be set to, and the proof that it is.
enum SQLiteSettings {
    /// The first version without the race between a commit and a checkpoint by another connection.
    static let firstSoundVersion = [3, 51, 3]

    /// Bytes of a page.
    static let pageSize = 8192

    /// Which connection a check is about.
    enum Role: Hashable, Sendable {
        case writer
        case reader
    }

    /// A connection that may write; nothing else in the process or outside it may have one.
    static var writer: Configuration {
        var configuration = Configuration()
        configuration.label = "log.writer"
        configuration.busyMode = .timeout(0.2)
        // A failed COMMIT leaves its transaction as it is, and that must not end in a trap.
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            try prepare(database)
        }
        return configuration
    }

    /// Connections that only read; SQLite refuses a write or a checkpoint through them.
    static var readers: Configuration {
        var configuration = Configuration()
        configuration.label = "log.readers"
        configuration.readonly = true
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try prepare(database)
            try verify(database, role: .reader)
        }
        return configuration
    }

    /// The connection of the scrubber: it only reads, and others go first.
    static var scrubber: Configuration {
        var configuration = readers
        configuration.label = "log.scrubber"
        configuration.qos = .background
        return configuration
    }

    /// A connection to a store that somebody else may have open, in whatever journal mode it is.
    static var inspector: Configuration {
        var configuration = Configuration()
        configuration.label = "log.inspector"
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { try prepare($0) }
        return configuration
    }

    /// What to open so that the file of a store at rest is read and no file is made beside it.
    ///
    /// SQLite makes its shared memory for a log in write-ahead mode even for those who only read, unless it is told
    /// that nobody writes. That is so while there is no write-ahead log; and it takes names that say it, if it was
    /// compiled to.
    static func pathForReading(_ files: SQLiteFiles) throws -> String {
        guard FileStatus("\(files.database)-wal") == nil else { return files.database }
        let options = try DatabaseQueue().read { try String.fetchAll($0, sql: "PRAGMA compile_options") }
        guard options.contains("USE_URI"), files.database.hasPrefix("/") else { return files.database }
        let special: [UInt8: String] = [0x23: "%23", 0x25: "%25", 0x3F: "%3F"]
        let escaped = files.database.utf8.map { special[$0].map { Array($0.utf8) } ?? [$0] }.flatMap(\.self)
        return "file://\(String(decoding: escaped, as: UTF8.self))?immutable=1"
    }

    private static func prepare(_ database: Database) throws {
        try database.execute(sql: "PRAGMA mmap_size = 0")
        try database.execute(sql: "PRAGMA trusted_schema = OFF")
        try database.execute(sql: "PRAGMA cell_size_check = ON")
    }

    /// Reads every setting back and throws `StoreRefusal.setting` for the first that is not as it must be.
    static func verify(_ database: Database, role: Role) throws {
        var expected = [
            ("journal_mode", "wal"), ("page_size", String(pageSize)), ("mmap_size", "0"), ("trusted_schema", "0"),
            ("cell_size_check", "1"), ("foreign_keys", "1"),
        ]
        switch role {
        case .writer: expected += [("synchronous", "2"), ("wal_autocheckpoint", "0"), ("query_only", "0")]
        case .reader: break
        }
        for (name, value) in expected {
            let found = try String.fetchOne(database, sql: "PRAGMA \(name)") ?? "nothing"
            guard found == value else { throw StoreRefusal.setting(name: name, expected: value, found: found) }
        }
        let options = try String.fetchAll(database, sql: "PRAGMA compile_options")
        guard options.contains("THREADSAFE=1") || options.contains("THREADSAFE=2") else {
            throw StoreRefusal.setting(name: "THREADSAFE", expected: "1 or 2", found: "0")
        }
    }

    /// The version of the linked library, such as `3.40.1`.
    static func version(_ database: Database) throws -> String {
        try String.fetchOne(database, sql: "SELECT sqlite_version()") ?? ""
    }

    /// Whether a version has the race that `docs/log.md` speaks of closed by itself.
    static func isSound(version: String) -> Bool {
        let numbers = version.split(separator: ".").map { Int($0) ?? 0 }
        return !numbers.lexicographicallyPrecedes(firstSoundVersion)
    }
}
