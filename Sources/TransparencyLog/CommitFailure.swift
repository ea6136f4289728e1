/// How a commit failed, by what the sequencer may do next (transparency-log 3.4 W9).
package enum CommitFailure: Error {
    /// Nothing was written and the store is sound: later batches may succeed.
    case rolledBack(any Error)
    /// Another process moved the head, or a row that must be new was there: this process must not write again.
    case conflict(String)
    /// The outcome is unknown, or the medium failed: only a new process may look (I12, R-13).
    case unknown(any Error)
}
