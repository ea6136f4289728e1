/// The tables of an index.
///
/// All of it follows from the log's entries, so any of it may be thrown away.
enum IndexSchema {
    /// Raised with every change to the tables or to what terms mean; an index of another version is built anew.
    static let version: Int64 = 1

    /// `posting` is an inverted index: for each term the entries that have it, in order, in the key alone.
    ///
    /// Entries of a repeated term lie side by side and new ones come at their end, so that a busy CA writes few pages.
    /// `name` leads from how a name begins to its term. `log` says how far the index is and of which log it is.
    static let tables = """
        CREATE TABLE log (
            id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, origin TEXT NOT NULL,
            log_id BLOB NOT NULL, size INTEGER NOT NULL, leaf_hash BLOB NOT NULL
        ) STRICT;
        CREATE TABLE posting (
            term INTEGER NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (term, idx)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE name (
            value BLOB NOT NULL, term INTEGER NOT NULL, PRIMARY KEY (value, term)
        ) STRICT, WITHOUT ROWID;
        """

    /// The statements that answer queries; each is answered by one range of a key.
    enum Statement {
        /// The newest entry of a term at or below an index.
        static let newest = "SELECT idx FROM posting WHERE term = ? AND idx <= ? ORDER BY idx DESC LIMIT 1"
        /// The terms of names that begin in a range of octets.
        static let names = "SELECT term FROM name WHERE value >= ? AND value < ? LIMIT ?"
        /// The same without an end, for a beginning of octets 255 alone.
        static let namesFrom = "SELECT term FROM name WHERE value >= ? LIMIT ?"
    }

    /// Octets of a name that are kept for finding it by how it begins; longer beginnings are compared with the entry.
    static let nameByteCount = 512
}
