internal import TransparencyLog

/// How fast an index may be written beside a log that is written too.
struct IndexPace: Sendable {
    /// How many callers wait for the log's writer.
    let waiting: @Sendable () -> Int

    /// How long a follower that has caught up waits before it looks again.
    static let idle = Duration.milliseconds(200)

    /// Callers that wait for the log's writer above which it counts as busy.
    private static let busyCount = 16

    /// How long a busy writer can put off the next step, so that the index grows under any load.
    private static let longestDelay = Duration.milliseconds(500)

    /// Waits after a step that took so long and left so many entries to do.
    ///
    /// A follower that catches up takes at most two thirds of one core; one that is near the head waits for a page to
    /// come together; any waits while the log's writer is busy, up to a bound.
    func rest(after duration: Duration, lag: UInt64) async throws {
        try await Task.sleep(for: lag < LogReader.maximumPageCount ? Self.idle : max(duration / 2, .milliseconds(1)))
        let began = ContinuousClock.now
        while waiting() > Self.busyCount, began.duration(to: .now) < Self.longestDelay {
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
