internal import GRDB
internal import OpenSSL

/// The head row, believed only as far as its signature goes (transparency-log 3.5, item 4).
struct SQLiteStoredHead {
    let epoch: UInt64
    let signed: SignedTreeHead
    let peaks: Peaks
    let note: [UInt8]

    /// Reads the head; throws `damaged` unless its note is signed by the log's key and says what the columns say.
    static func read(_ database: Database, description: LogDescription, key: PublicKey) throws -> SQLiteStoredHead {
        let sql = "SELECT epoch, tree_size, root, timestamp, peaks, note FROM head WHERE id = 1"
        guard let row = try Row.fetchOne(database, sql: sql) else { throw StoreRefusal.damaged("there is no head") }
        let note = try row.bytes(5)
        let checkpoint: Checkpoint
        do {
            checkpoint = try Checkpoint(parsing: note, origin: description.origin, key: key)
        } catch {
            throw StoreRefusal.damaged("the note of the head is not the log's: \(error)")
        }
        let head = checkpoint.signedTreeHead.head
        guard try row.number(1) == head.size.value, try row.digest(2) == head.root,
            try row.number(3) == head.timestamp.milliseconds
        else { throw StoreRefusal.damaged("the head and its note differ") }
        guard let peaks = Peaks(size: head.size, bytes: try row.bytes(4)), peaks.root == head.root else {
            throw StoreRefusal.damaged("the peaks of the head do not make its root")
        }
        return SQLiteStoredHead(
            epoch: try row.number(0), signed: checkpoint.signedTreeHead, peaks: peaks, note: note)
    }
}
