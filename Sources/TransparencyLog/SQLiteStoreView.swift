internal import GRDB
internal import OpenSSL

/// Reads a store that somebody else may have open, without the right to write to it.
///
/// What is read is verified: an entry by its hash, a full tile by its parent, the head by its signature.
package struct SQLiteStoreView: Sendable {
    private let path: String
    private let description: LogDescription
    private let key: PublicKey
    private let format: RecordFormat

    /// A view of the database at `path`; throws when the key of the description is no log key.
    package init(path: String, description: LogDescription, format: RecordFormat) throws {
        let key = try PublicKey(description.key)
        guard key.isLogKey else { throw UnusableLogKey() }
        (self.path, self.description, self.key, self.format) = (path, description, key, format)
    }

    /// Runs `body` on one unchanging view of the store and its newest checkpoint, off the cooperative pool.
    ///
    /// Throws a `StoreRefusal` for a store that is missing, damaged or another log's, and what `body` throws.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any LogSnapshot, _ note: [UInt8], SignedTreeHead) throws -> Value
    ) async throws -> Value {
        try await Blocking.run {
            let files = SQLiteFiles(database: path)
            guard try SQLiteFiles.byteCount(path) >= SQLiteSettings.pageSize else {
                throw StoreRefusal.damaged("\(path) is shorter than one page")
            }
            return try SQLiteLogStore.reporting(files) {
                let database = try DatabaseQueue(path: path, configuration: SQLiteSettings.inspector)
                defer { try? database.close() }
                return try database.read { database in
                    _ = try SQLiteStartUpChecks.compareMeta(database, with: description)
                    let head = try SQLiteStoredHead.read(database, description: description, key: key)
                    let snapshot = VerifiedSnapshot(snapshot: SQLiteSnapshot(database: database), format: format)
                    return try body(snapshot, head.note, head.signed)
                }
            }
        }
    }
}
