internal import GRDB
internal import OpenSSL

/// Makes the files of a new log.
struct SQLiteStoreCreation: Sendable {
    let files: SQLiteFiles
    let description: LogDescription
    let checkpoint: Checkpoint
    let anchors: [[UInt8]]
    let guardPath: String

    func run() throws {
        guard try GuardFile.look(at: guardPath) == nil else { throw StoreRefusal.alreadyExists(path: guardPath) }
        // The lock file first: whoever comes second fails here, before there is anything to overwrite.
        try SQLiteFiles.create(files.lock)
        let lock = try StoreLock(path: files.lock)
        // Made by hand, because SQLite would give it the mode of the process and pass that on to its other files.
        try SQLiteFiles.create(files.database)
        try SQLiteLogStore.reporting(files) {
            let writer = try DatabaseQueue(path: files.database, configuration: SQLiteSettings.writer)
            try writer.inDatabase { database in
                // The page size can be chosen only while the database has no pages.
                try database.execute(sql: "PRAGMA page_size = \(SQLiteSettings.pageSize)")
                try database.execute(sql: "PRAGMA journal_mode = WAL")
                try database.inTransaction(.immediate) {
                    try database.execute(sql: SQLiteSchema.tables)
                    try insertRows(database)
                    return .commit
                }
                try SQLiteSettings.verify(database, role: .writer)
                _ = try database.checkpoint(.truncate)
            }
            try writer.close()
        }
        try lock.note(checkpoint.signedTreeHead.head)
        try GuardFile.create(
            guardPath, state: .serving, note: checkpoint.note(logID: description.logID).bytes)
        try files.synchronizeDirectory()
    }

    private func insertRows(_ database: Database) throws {
        let head = checkpoint.signedTreeHead.head
        let time = SQLiteSchema.column(head.timestamp.milliseconds)
        var meta = SQLiteSchema.meta(description)
        meta[SQLiteSchema.MetaKey.created] = String(head.timestamp.milliseconds)
        for (key, value) in meta {
            try database.execute(sql: "INSERT INTO meta (key, value) VALUES (?, ?)", arguments: [key, value])
        }
        for anchor in anchors {
            try database.execute(
                sql: "INSERT INTO root (fp, der, added) VALUES (?, ?, ?)",
                arguments: [SHA256Digest(hashing: anchor).bytes.blob, anchor.blob, time])
        }
        let note = checkpoint.note(logID: description.logID).bytes
        try database.execute(
            sql: """
                INSERT INTO head (id, epoch, tree_size, root, timestamp, peaks, note, batch_id)
                VALUES (1, 0, 0, ?, ?, x'', ?, ?)
                """,
            arguments: [head.root.bytes.blob, time, note.blob, try RandomBytes.generate(count: 16).blob])
        try database.execute(
            sql: """
                INSERT INTO checkpoint (tree_size, timestamp, note, latest_timestamp, latest_note)
                VALUES (0, ?, ?, ?, ?)
                """,
            arguments: [time, note.blob, time, note.blob])
    }
}
