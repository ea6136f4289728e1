internal import Synchronization

/// The moment until which a request must be answered: its client's deadline, and never later than ours.
struct RequestDeadline: Sendable {
    /// The longest that a request may take from its first octet to its answer.
    private static let maximum: Duration = .seconds(55)

    /// Whether the time of the request that runs in this task was over before it was done.
    static var hasPassed: Bool { isOver?.value.load(ordering: .acquiring) ?? false }

    private final class Mark: Sendable {
        let value = Atomic(false)
    }

    @TaskLocal private static var isOver: Mark?

    private let instant: ContinuousClock.Instant

    /// The deadline of a request that began at `start`.
    ///
    /// `timeout` is its `grpc-timeout` field (gRPC over HTTP/2, "Timeout"): one to eight digits and a unit; empty is
    /// absent. Throws when it is malformed (CA specification 1.6).
    init(start: ContinuousClock.Instant, timeout: String?) throws(APIStatus) {
        guard let timeout, !timeout.isEmpty else {
            instant = start + Self.maximum
            return
        }
        guard let duration = Self.duration(timeout) else {
            throw APIStatus(.invalidArgument, "invalid grpc-timeout: \(timeout.prefix(32))")
        }
        instant = start + min(duration, Self.maximum)
    }

    /// Runs `work`, and answers nil when it is not done in time; what it began is cancelled, never undone.
    ///
    /// What is late already is not begun.
    func run<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value? {
        guard ContinuousClock.now < instant else { return nil }
        let mark = Mark()
        return await withTaskGroup(of: Value?.self) { group in
            group.addTask { await Self.$isOver.withValue(mark) { await work() } }
            group.addTask {
                await wait()
                return nil
            }
            defer { group.cancelAll() }
            while let value = await group.next() {
                // A client that left is not late: what was begun says itself that it was cancelled.
                guard value != nil || !Task.isCancelled else { continue }
                // Before the work is cancelled, so that it knows why.
                if value == nil { mark.value.store(true, ordering: .releasing) }
                return value
            }
            return nil
        }
    }

    /// Waits until the deadline, or until the wait is cancelled.
    ///
    /// A sleep that is cancelled keeps its memory until its time would have come, and every request cancels one: short
    /// sleeps keep little.
    private func wait() async {
        let clock = ContinuousClock()
        while clock.now < instant, !Task.isCancelled {
            try? await clock.sleep(until: min(instant, clock.now.advanced(by: .seconds(1))))
        }
    }

    private static func duration(_ text: String) -> Duration? {
        let digits = text.utf8.dropLast()
        guard (1...8).contains(digits.count), let unit = text.utf8.last,
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let count = Int64(String(decoding: digits, as: UTF8.self))
        else { return nil }
        return switch unit {
        case UInt8(ascii: "H"): .seconds(count * 3600)
        case UInt8(ascii: "M"): .seconds(count * 60)
        case UInt8(ascii: "S"): .seconds(count)
        case UInt8(ascii: "m"): .milliseconds(count)
        case UInt8(ascii: "u"): .microseconds(count)
        case UInt8(ascii: "n"): .nanoseconds(count)
        default: nil
        }
    }
}
