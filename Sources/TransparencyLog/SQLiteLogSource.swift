internal import Dispatch
internal import GRDB
internal import OpenSSL

/// A log's database in a connection of its own that cannot write, beside whatever else has the log open.
///
/// Takes no lock of ours and none of the connections of the log's other readers. The log may be at rest, be written to
/// by a server, or be a backup.
///
/// Nothing is believed: an entry is verified by its hash, a full tile by its parent, the head by its signature. Head
/// and entries come from different views, which is harmless because a log only grows. Where witnesses are required it
/// shows what is committed, of which the newest may not be published yet.
package final class SQLiteLogSource: LogSource {
    private let files: SQLiteFiles
    private let database: DatabaseQueue
    private let description: LogDescription
    private let key: PublicKey
    private let format: RecordFormat

    /// Opens the database at `path`; throws a `StoreRefusal` when it is not the log of this description, and
    /// `UnusableLogKey` when the key of the description is no log key.
    package init(path: String, description: LogDescription, format: RecordFormat) throws {
        let key = try PublicKey(description.key)
        guard key.isLogKey else { throw UnusableLogKey() }
        (files, self.description, self.key, self.format) = (SQLiteFiles(database: path), description, key, format)
        database = try SQLiteInspector.open(files, description: description, label: "log.source", qos: .utility)
    }

    /// The newest head, which the log's key has signed, with its note as it is stored; throws a `StoreRefusal`.
    package func head() async throws -> (note: [UInt8], signed: SignedTreeHead) {
        try await run { [description, key] database in
            let head = try SQLiteStoredHead.read(database, description: description, key: key)
            return (head.note, head.signed)
        }
    }

    /// The newest head as a checkpoint; throws a `StoreRefusal`.
    package func checkpoint() async throws -> Checkpoint {
        Checkpoint(origin: description.origin, signedTreeHead: try await head().signed)
    }

    /// A reader below the head that is the newest one now.
    package func reader() async throws -> LogReader {
        LogReader(store: self, published: PublishedHead(try await checkpoint()), format: format)
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any LogSnapshot) throws -> Value
    ) async throws -> Value {
        try await run { [format] database in
            try body(VerifiedSnapshot(snapshot: SQLiteSnapshot(database: database), format: format))
        }
    }

    package func space() -> VolumeSpace? { files.space() }

    /// Ends the connection; nothing can be read afterwards.
    package func close() async {
        try? await Blocking.run { try self.database.close() }
    }

    private func run<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            database.asyncRead { result in
                continuation.resume(
                    with: Result { try SQLiteLogStore.reporting(self.files) { try body(result.get()) } })
            }
        }
    }
}
