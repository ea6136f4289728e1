package import OpenSSL

/// When a log may be asked again: one for all requests of the process that go to it (CA specification 6.2).
package struct SubmissionBackoff: Sendable {
    /// The longest that a log may ask us to wait: one answer must not stop issuing for a day.
    static let maximumRetryAfter: Duration = .seconds(128)

    /// The shortest, whatever the log names: nothing is asked in a tight loop.
    private static let minimumRetryAfter: Duration = .seconds(1)

    /// The longest wait of our own choosing: when a log is back, that is noticed within this time.
    private static let maximumWait: Duration = .seconds(8)

    /// Before this moment the log is not asked; nil when it may be asked at once.
    private(set) var notBefore: ContinuousClock.Instant?

    private let longestWait: Duration
    private var failureCount = 0

    /// Nothing failed yet.
    ///
    /// A request that may take `budget` shall be able to try more than once.
    init(budget: Duration) {
        longestWait = min(Self.maximumWait, budget / 3)
    }

    /// The log answered; a time that it named itself still stands.
    mutating func succeeded() {
        failureCount = 0
    }

    /// The log gave nothing usable; `retryAfter` is the time that it named itself.
    ///
    /// The waits of our own choosing are 1, 2, 4 and 8 seconds. Requests that were under way together and fail together
    /// count once.
    mutating func failed(at now: ContinuousClock.Instant, retryAfter: Duration?) {
        if let retryAfter {
            let end = now + max(Self.minimumRetryAfter, min(retryAfter, Self.maximumRetryAfter))
            notBefore = max(notBefore ?? end, end)
        } else if notBefore ?? now <= now {
            notBefore = now + min(.seconds(1 << failureCount), longestWait)
            failureCount = min(failureCount + 1, 3)
        }
    }

    /// The time that a `Retry-After` field names, in seconds or as a date; nil when it is neither (RFC 9110 §10.2.3).
    package static func retryAfter(_ field: String, now: Timestamp) -> Duration? {
        if !field.isEmpty, field.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return Int64(field).map { .seconds(min($0, maximumRetryAfter.components.seconds)) } ?? maximumRetryAfter
        }
        guard let date = Timestamp(httpDate: field) else { return nil }
        guard now < date else { return .zero }
        return .milliseconds(Int64(clamping: date.milliseconds - now.milliseconds))
    }
}
