/// Keeps an issuer that fails from being asked again and again (reliability R-30).
///
/// After some failures in a row it opens: nothing passes for a pause that doubles with every further failure. When a
/// pause is over one attempt passes; its success closes the breaker.
struct CircuitBreaker: Sendable {
    private let threshold: Int
    private let shortestPause: Duration
    private let longestPause: Duration
    private var failureCount = 0
    private var openUntil: ContinuousClock.Instant?

    init(threshold: Int, shortestPause: Duration, longestPause: Duration) {
        self.threshold = threshold
        self.shortestPause = shortestPause
        self.longestPause = longestPause
    }

    /// Whether an attempt may be made now.
    func permits(at now: ContinuousClock.Instant) -> Bool {
        openUntil.map { now >= $0 } ?? true
    }

    /// How long to wait before the next attempt of our own accord; nil after a success.
    var retryPause: Duration? {
        failureCount == 0 ? nil : pause(doublings: failureCount - 1)
    }

    mutating func recordSuccess() {
        failureCount = 0
        openUntil = nil
    }

    mutating func recordFailure(at now: ContinuousClock.Instant) {
        failureCount += 1
        guard failureCount >= threshold else { return }
        openUntil = now + pause(doublings: failureCount - threshold)
    }

    private func pause(doublings: Int) -> Duration {
        // Sixteen doublings exceed every longest pause, and more could overflow.
        min(longestPause, shortestPause * (1 << min(doublings, 16)))
    }
}
