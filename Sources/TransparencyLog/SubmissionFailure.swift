/// Why an entry is not in the log, as far as is known.
package enum SubmissionFailure: Error, Hashable, Sendable {
    /// The queue has no room; worth another try after so many seconds.
    case queueFull(retryAfter: Int)
    /// The log cannot write at the moment; worth another try after so many seconds.
    case temporarilyUnavailable(retryAfter: Int)
    /// The log has stopped for good in this process, or is about to. The entry may nevertheless be in it.
    case stopped
    /// The log is frozen: nothing is written until an operator has looked.
    case frozen
    /// The log is closed for good.
    case closed
    /// The entry cannot be encoded.
    case notEncodable
}
