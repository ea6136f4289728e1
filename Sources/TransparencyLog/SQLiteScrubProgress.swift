internal import GRDB
internal import OpenSSL

/// How far the scrubber was, as the store remembers it over restarts.
struct SQLiteScrubProgress: Hashable, Sendable {
    /// The peaks over all that the pass under way has found right; a multiple of 256 leaves.
    var peaks: Peaks

    /// When that pass began.
    var began: Timestamp

    /// When the last whole pass ended; the epoch when there was none.
    var completed: Timestamp

    /// What is remembered; nil when there is nothing usable, which costs a pass from the beginning and nothing else.
    static func read(_ database: Database, size: TreeSize) throws -> SQLiteScrubProgress? {
        let sql = "SELECT position, peaks, began, completed FROM scrub WHERE id = 1"
        guard let row = try Row.fetchOne(database, sql: sql), let position = TreeSize(try row.number(0)),
            position <= size, position.value & 255 == 0, let peaks = Peaks(size: position, bytes: try row.bytes(1))
        else { return nil }
        let progress = SQLiteScrubProgress(
            peaks: peaks, began: Timestamp(milliseconds: try row.number(2)),
            completed: Timestamp(milliseconds: try row.number(3)))
        guard position > .zero else { return progress }
        // Peaks that do not fit the tree are a damaged note of ours and no finding about the tree.
        let snapshot = SQLiteSnapshot(database: database)
        var reader = HashReader(size: size) { try snapshot.tile(level: $0, index: $1) }
        guard try reader.root(of: 0..<position.value) == peaks.root else { return nil }
        return progress
    }

    func write(_ database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO scrub (id, position, peaks, began, completed) VALUES (1, ?, ?, ?, ?)",
            arguments: [
                SQLiteSchema.column(peaks.size.value), peaks.bytes.blob, SQLiteSchema.column(began.milliseconds),
                SQLiteSchema.column(completed.milliseconds),
            ])
    }
}
