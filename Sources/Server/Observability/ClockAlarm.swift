import Glibc
internal import Logging
internal import OpenSSL
internal import Synchronization

/// Stops issuing for good when the clock jumps forward (reliability R-38).
///
/// A certificate dated in the future cannot be recalled. The time since the machine was started goes on while it
/// sleeps, so what the wall clock gains on it since our start is no passing of time. Only a restart, after somebody has
/// looked at the clock, ends the alarm.
final class ClockAlarm: Sendable {
    /// How much the wall clock may gain, in milliseconds: ten minutes.
    static let maximumGainInMilliseconds: Int64 = 600_000

    private let offset: Int64
    private let now: @Sendable () -> Timestamp
    private let bootTime: @Sendable () -> Duration
    private let logger: Logger
    private let raised: @Sendable () -> Void
    private let isLatched = Mutex(false)

    /// An alarm that takes the clocks as they are now for right; `raised` is called once, when it is raised.
    init(
        now: @escaping @Sendable () -> Timestamp, bootTime: @escaping @Sendable () -> Duration, logger: Logger,
        raised: @escaping @Sendable () -> Void = {}
    ) {
        self.raised = raised
        self.now = now
        self.bootTime = bootTime
        self.logger = logger
        offset = Self.offset(now(), bootTime())
    }

    /// Whether the clock was ever too far ahead when this was asked; looks at the clocks.
    var isRaised: Bool {
        let gain = Self.offset(now(), bootTime()).subtractingReportingOverflow(offset)
        let isAhead = gain.overflow || gain.partialValue > Self.maximumGainInMilliseconds
        let isNew = isLatched.withLock { isLatched in
            defer { isLatched = isLatched || isAhead }
            return isAhead && !isLatched
        }
        if isNew {
            logger.critical(
                "the clock jumped forward; nothing is issued until a restart",
                metadata: ["seconds": "\(gain.partialValue / 1000)"])
            raised()
        }
        return isLatched.withLock { $0 }
    }

    private static func offset(_ now: Timestamp, _ bootTime: Duration) -> Int64 {
        let (seconds, attoseconds) = bootTime.components
        let boot = Timestamp(seconds: UInt64(clamping: seconds))
            .adding(milliseconds: UInt64(clamping: attoseconds / 1_000_000_000_000_000))
        return Int64(clamping: now.milliseconds).subtractingReportingOverflow(Int64(clamping: boot.milliseconds))
            .partialValue
    }
}

/// The clock that counts from the start of the machine and goes on while it sleeps (clock_gettime(2)).
enum BootClock {
    /// The time since the start of the machine; zero when the clock cannot be read.
    static func now() -> Duration {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_BOOTTIME, &time) == 0 else { return .zero }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
