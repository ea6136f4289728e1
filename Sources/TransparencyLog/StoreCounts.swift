/// What a store has done since it was opened.
package struct StoreCounts: Hashable, Sendable {
    /// Transactions that moved the head.
    package internal(set) var commits: UInt64 = 0

    /// Calls that waited for the disk: for the write-ahead log, the guard file, and the database itself.
    package internal(set) var syncs: UInt64 = 0

    /// Nothing yet.
    package init() {}
}
