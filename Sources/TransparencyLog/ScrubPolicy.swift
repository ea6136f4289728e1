package import OpenSSL

/// How often and how fast a running log recomputes what it has stored (transparency-log 3.5, "Scrubber").
package struct ScrubPolicy: Hashable, Sendable {
    /// From the beginning of one pass to the beginning of the next.
    package var interval: Duration

    /// Entries a second that a pass may look at, unless the log is so large that a pass would take most of `interval`.
    package var entriesPerSecond: Double

    /// Bytes of records a second, likewise.
    package var bytesPerSecond: Double

    /// How often progress is kept and told at the most.
    package var keptEvery: Duration

    /// A policy; the whole log every week unless told otherwise.
    package init(
        interval: Duration = .seconds(7 * 86_400), entriesPerSecond: Double = 2000,
        bytesPerSecond: Double = 4 * 1024 * 1024, keptEvery: Duration = .seconds(30)
    ) {
        self.interval = interval
        self.entriesPerSecond = entriesPerSecond
        self.bytesPerSecond = bytesPerSecond
        self.keptEvery = keptEvery
    }

    /// How long a step over so many entries and bytes has to take in a log of `size` entries, itself included.
    ///
    /// Never so long that a pass at this pace would take more than three quarters of the interval.
    func pace(entryCount: UInt64, byteCount: Int, size: UInt64) -> Duration {
        let limited = max(
            Double(entryCount) / max(entriesPerSecond, 1), Double(byteCount) / max(bytesPerSecond, 1))
        let share = Double(entryCount) / Double(max(size, 1))
        let (seconds, attoseconds) = interval.components
        let longest = (Double(seconds) + Double(attoseconds) / 1e18) * 0.75 * share
        return .seconds(min(limited, longest))
    }
}

/// How far the scrubber of a log is.
package struct ScrubStatus: Hashable, Sendable {
    /// Entries that this pass has recomputed; 0 between passes.
    package var position: UInt64 = 0

    /// Entries that this pass has to recompute, as far as is known.
    package var size: UInt64 = 0

    /// Whether a pass is under way.
    package var isRunning = false

    /// When the newest whole pass ended; nil when there was none yet.
    package var completed: Timestamp?

    /// The first thing that was wrong; nil when nothing was.
    package var finding: String?

    /// A scrubber that has not looked yet.
    package init() {}
}
