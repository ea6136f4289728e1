internal import Dispatch
internal import GRDB

/// Connections that cannot write, to a store that somebody else may have open.
enum SQLiteInspector {
    /// A connection for as long as its owner likes, also while a server starts, writes and stops.
    ///
    /// SQLite may leave an empty write-ahead log and its shared memory beside a store at rest. `label` names the
    /// connection's queue. Throws a `StoreRefusal` when the file is not the store of the log of this description.
    static func open(
        _ files: SQLiteFiles, description: LogDescription, label: String = "log.inspector", qos: DispatchQoS = .default
    ) throws -> DatabaseQueue {
        try open(files, at: files.database, description: description, label: label, qos: qos)
    }

    /// What `body` reads in one short view; no file is made beside a store at rest.
    ///
    /// Throws a `StoreRefusal` when the file is not the store of the log of this description, and what `body` throws.
    static func read<Value>(
        _ files: SQLiteFiles, description: LogDescription, _ body: (Database) throws -> Value
    ) throws -> Value {
        try SQLiteLogStore.reporting(files) {
            let database = try open(
                files, at: try SQLiteSettings.pathForReading(files), description: description, label: "log.inspector",
                qos: .default)
            defer { try? database.close() }
            return try database.read(body)
        }
    }

    private static func open(
        _ files: SQLiteFiles, at path: String, description: LogDescription, label: String, qos: DispatchQoS
    ) throws -> DatabaseQueue {
        // SQLite would make a new database of a missing or an empty file.
        guard try SQLiteFiles.byteCount(files.database) >= SQLiteSettings.pageSize else {
            throw StoreRefusal.damaged("\(files.database) is shorter than one page")
        }
        return try SQLiteLogStore.reporting(files) {
            var configuration = SQLiteSettings.inspector
            (configuration.label, configuration.qos) = (label, qos)
            let database = try DatabaseQueue(path: path, configuration: configuration)
            do {
                _ = try database.read { try SQLiteStartUpChecks.compareMeta($0, with: description) }
            } catch {
                try? database.close()
                throw error
            }
            return database
        }
    }
}
