import Glibc

/// A point in time in milliseconds since 1970-01-01T00:00:00Z, without leap seconds (RFC 6962 §3.2).
///
/// Every decision that depends on time takes one of these as an argument, so that a test can choose it.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since the epoch.
    package let milliseconds: UInt64

    /// A time given in milliseconds since the epoch.
    package init(milliseconds: UInt64) {
        self.milliseconds = milliseconds
    }

    /// A time given in whole seconds since the epoch; saturates at the largest representable time.
    package init(seconds: UInt64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        self.milliseconds = overflow ? .max : product
    }

    /// Whole seconds since the epoch, truncated.
    package var seconds: UInt64 { milliseconds / 1000 }

    /// The wall clock now.
    ///
    /// The only reading of the wall clock in the package. Times before the epoch read as the epoch.
    package static func now() -> Timestamp {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_REALTIME, &time) == 0, time.tv_sec >= 0 else {
            return Timestamp(milliseconds: 0)
        }
        return Timestamp(milliseconds: UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000)
    }

    /// The time `milliseconds` later; saturates at the largest representable time.
    package func adding(milliseconds: UInt64) -> Timestamp {
        let (sum, overflow) = self.milliseconds.addingReportingOverflow(milliseconds)
        return Timestamp(milliseconds: overflow ? .max : sum)
    }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.milliseconds < rhs.milliseconds }

    /// The time in UTC with whole seconds, such as `2026-11-23T12:11:58Z` (RFC 3339 §5.6).
    package var rfc3339: String {
        let date = CivilDate(daysSinceEpoch: Int64(clamping: seconds / 86_400))
        let second = Int(seconds % 86_400)
        func padded(_ value: Int, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let day = [padded(Int(date.year), 4), padded(date.month, 2), padded(date.day, 2)].joined(separator: "-")
        let time = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(day)T\(time)Z"
    }
}
