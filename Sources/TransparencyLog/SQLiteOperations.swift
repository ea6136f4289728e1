internal import GRDB
internal import OpenSSL

/// The table of what operators did.
struct SQLiteOperations {
    let database: Database

    /// Writes an operation down, within whatever transaction is open, and answers with its record.
    func append(
        _ kind: StoreOperation.Kind, actor: String, reason: String, now: Timestamp, head: TreeHead
    ) throws -> StoreOperation {
        let last = try Int64.fetchOne(database, sql: "SELECT coalesce(max(seq), 0) FROM operation") ?? 0
        let operation = StoreOperation(
            sequence: UInt64(clamping: last) + 1, timestamp: now, kind: kind, actor: actor, reason: reason,
            size: head.size.value, root: head.root)
        try database.execute(
            sql: """
                INSERT INTO operation (seq, timestamp, kind, actor, reason, tree_size, root)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                SQLiteSchema.column(operation.sequence), SQLiteSchema.column(now.milliseconds), kind.rawValue, actor,
                reason, SQLiteSchema.column(operation.size), head.root.bytes.blob,
            ])
        return operation
    }

    /// All of them, oldest first.
    func all() throws -> [StoreOperation] {
        let sql = "SELECT seq, timestamp, kind, actor, reason, tree_size, root FROM operation ORDER BY seq"
        return try Row.fetchAll(database, sql: sql).map { row in
            guard let kind = StoreOperation.Kind(rawValue: try row.decode(String.self, atIndex: 2)) else {
                throw StoreRefusal.damaged("an operator's record is of an unknown kind")
            }
            return StoreOperation(
                sequence: try row.number(0), timestamp: Timestamp(milliseconds: try row.number(1)), kind: kind,
                actor: try row.decode(String.self, atIndex: 3), reason: try row.decode(String.self, atIndex: 4),
                size: try row.number(5), root: try row.digest(6))
        }
    }
}
