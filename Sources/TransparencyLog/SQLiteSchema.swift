internal import GRDB
internal import OpenSSL

/// The tables of a log (transparency-log 3.4, "Tables").
enum SQLiteSchema {
    /// Raised with every change to the tables; see `accepts` for the other versions that can be opened.
    static let version = "3"

    /// The version before, whose stores lack some tables and are otherwise the same: a start adds what is missing.
    static let previousVersion = "2"

    /// The first version that has every table which reading needs.
    private static let firstReadableVersion = 2

    /// The names of the rows in `meta` that every kind of log has.
    enum MetaKey {
        static let schemaVersion = "log.schema-version"
        static let origin = "log.origin"
        static let key = "log.key"
        static let logID = "log.id"
        static let created = "log.created"
        static let frozen = "log.frozen"
        static let closed = "log.closed"
        /// The size of the newest head that was shown; there while a quorum of witnesses is a condition for it.
        static let withholding = "log.withholding"
    }

    /// `leaf_hash` stands before `leaf` so that reading it never touches an overflow page.
    static let tables = """
        CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE head (
            id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, tree_size INTEGER NOT NULL,
            root BLOB NOT NULL, timestamp INTEGER NOT NULL, peaks BLOB NOT NULL, note BLOB NOT NULL,
            batch_id BLOB NOT NULL
        ) STRICT;
        CREATE TABLE entry (idx INTEGER PRIMARY KEY, leaf_hash BLOB NOT NULL, leaf BLOB NOT NULL) STRICT;
        CREATE TABLE tile (
            level INTEGER NOT NULL, n INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (level, n)
        ) STRICT;
        CREATE TABLE dedup (key BLOB PRIMARY KEY NOT NULL, idx INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE leafidx (
            prefix INTEGER NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (prefix, idx)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE issuer (fp BLOB PRIMARY KEY NOT NULL, der BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE checkpoint (
            tree_size INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, note BLOB NOT NULL,
            latest_timestamp INTEGER NOT NULL, latest_note BLOB NOT NULL
        ) STRICT;
        CREATE TABLE root (
            fp BLOB PRIMARY KEY NOT NULL, der BLOB NOT NULL, added INTEGER NOT NULL, removed INTEGER
        ) STRICT, WITHOUT ROWID;
        \(tablesSinceVersion2)
        \(tablesSinceVersion3)
        """

    /// What operators did to the log, and how far the scrubber is.
    static let tablesSinceVersion2 = """
        CREATE TABLE operation (
            seq INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
            reason TEXT NOT NULL, tree_size INTEGER NOT NULL, root BLOB NOT NULL
        ) STRICT;
        CREATE TABLE scrub (
            id INTEGER PRIMARY KEY CHECK (id = 1), peaks BLOB NOT NULL, position INTEGER NOT NULL,
            began INTEGER NOT NULL, completed INTEGER NOT NULL
        ) STRICT;
        """

    /// What witnesses said: each one's newest cosignature of a size, and what made the log stop.
    static let tablesSinceVersion3 = """
        CREATE TABLE cosig (
            tree_size INTEGER NOT NULL, name TEXT NOT NULL, key_id BLOB NOT NULL, time INTEGER NOT NULL,
            line BLOB NOT NULL, PRIMARY KEY (tree_size, name, key_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE evidence (
            seq INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, witness TEXT NOT NULL, status INTEGER NOT NULL,
            answer BLOB NOT NULL, old_note BLOB NOT NULL, note BLOB NOT NULL
        ) STRICT;
        """

    /// Whether a program with the tables of version `current` opens a store of version `found`.
    ///
    /// It does when the two are the same, or when the store is one version older, because a start adds what is missing.
    /// A store that is frozen or closed is never written to and stays as old as it is: each version since 2 is read.
    static func accepts(_ found: String, in condition: LogCondition, by current: String = version) -> Bool {
        guard let number = Int(found), String(number) == found, let newest = Int(current) else { return false }
        let oldest = condition.isFinal ? firstReadableVersion : max(firstReadableVersion, newest - 1)
        return number >= oldest && number <= newest
    }

    /// Adds what a store of the version before lacks, in one transaction; `database` is the writer's.
    static func migrate(_ database: Database) throws {
        guard try SQLiteStartUpChecks.meta(database)[MetaKey.schemaVersion] == previousVersion else { return }
        try database.inTransaction(.immediate) {
            try database.execute(sql: tablesSinceVersion3)
            try database.execute(
                sql: "UPDATE meta SET value = ? WHERE key = ?", arguments: [version, MetaKey.schemaVersion])
            return .commit
        }
    }

    /// The rows of `meta` that a log with this description has.
    static func meta(_ description: LogDescription) -> [String: String] {
        description.attributes.merging([
            MetaKey.schemaVersion: version,
            MetaKey.origin: description.origin.text,
            MetaKey.key: Base64.encode(description.key.der),
            MetaKey.logID: description.logID.hex,
        ]) { $1 }
    }

    /// The column value for a number that is below 2^63 in every log.
    static func column(_ value: UInt64) -> Int64 {
        Int64(clamping: value)
    }

    /// The first eight bytes of a leaf hash, as the index column keeps them.
    static func prefix(of hash: SHA256Digest) -> Int64 {
        hash.bytes.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }
}
