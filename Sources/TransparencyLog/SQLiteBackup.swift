internal import GRDB

/// A copy of a store that is whole at one moment, made while a server writes to it.
package enum SQLiteBackup {
    /// Copies the database at `source` to a new file at `target`, durably, with SQLite's own backup.
    ///
    /// The copy is one file without a write-ahead log, so that it can be read where nothing can be written. A lock file
    /// and a guard file do not belong to it: a copy does not sign before an operator has adopted it (I13). Throws
    /// `StoreRefusal`, also when something is at `target` already.
    package static func run(from source: String, to target: String) async throws {
        try await Blocking.run {
            _ = try SQLiteFiles.byteCount(source)
            try SQLiteFiles.create(target)
            let files = SQLiteFiles(database: target)
            try SQLiteLogStore.reporting(files) {
                let original = try DatabaseQueue(path: source, configuration: SQLiteSettings.inspector)
                defer { try? original.close() }
                var configuration = Configuration()
                configuration.label = "log.backup"
                let copy = try DatabaseQueue(path: target, configuration: configuration)
                // In one step: in several, each commit of the server would begin the copy anew.
                try original.backup(to: copy)
                try copy.inDatabase { database in
                    try database.execute(sql: "PRAGMA synchronous = FULL")
                    try database.execute(sql: "PRAGMA journal_mode = DELETE")
                }
                try copy.close()
            }
            try files.synchronize()
        }
    }
}
