package import OpenSSL

/// Decides which time a batch gets, and refuses a clock that went wrong (transparency-log 1.6.5).
///
/// A head from the future cannot be taken back: every later one would have to be newer still.
package struct ClockGuard: Sendable {
    /// Why no time can be given.
    package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// The clock is more than a second behind the last head.
        case behindHead(byMilliseconds: UInt64)
        /// The clock moved on by more than a minute while monotonic time did not.
        case jumpedAhead(byMilliseconds: UInt64)

        package var description: String {
            switch self {
            case .behindHead(let milliseconds): "the clock is \(milliseconds) ms behind the log's last head"
            case .jumpedAhead(let milliseconds): "the clock jumped ahead by \(milliseconds) ms"
            }
        }
    }

    /// How far the last head may be ahead of the clock.
    package static let tolerance: UInt64 = 1000

    /// How far the clock may gain on monotonic time between two readings.
    package static let maximumStep: UInt64 = 60_000

    private var reference: (time: Timestamp, instant: ContinuousClock.Instant)?

    /// A guard that has not seen the clock yet.
    package init() {}

    /// The time for the head after one of `previous`, and for the entries it covers.
    ///
    /// The first reading is believed as far as the last head goes: monotonic time does not survive a restart.
    package mutating func stamp(
        after previous: Timestamp, now: Timestamp, at instant: ContinuousClock.Instant
    ) throws(Refusal) -> Timestamp {
        guard now.adding(milliseconds: Self.tolerance) >= previous else {
            throw .behindHead(byMilliseconds: previous.milliseconds - now.milliseconds)
        }
        if let reference {
            let elapsed = Self.milliseconds(reference.instant.duration(to: instant))
            let latest = reference.time.adding(milliseconds: elapsed)
            guard now <= latest.adding(milliseconds: Self.maximumStep) else {
                throw .jumpedAhead(byMilliseconds: now.milliseconds - latest.milliseconds)
            }
        }
        let stamp = max(now, previous.adding(milliseconds: 1))
        guard stamp <= now.adding(milliseconds: Self.tolerance) else {
            throw .behindHead(byMilliseconds: previous.milliseconds - now.milliseconds)
        }
        reference = (now, instant)
        return stamp
    }

    private static func milliseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        let whole = Timestamp(seconds: UInt64(clamping: seconds))
        return whole.adding(milliseconds: UInt64(clamping: attoseconds / 1_000_000_000_000_000)).milliseconds
    }
}
