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
    /// What is late already is not begun. It is also cancelled when the client of the request leaves, or when the
    /// caller is cancelled; then it says so itself.
    func run<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) async -> Value? {
        guard ContinuousClock.now < instant else { return nil }
        let mark = Mark()
        let departure = ClientDeparture.current
        // Begins here and now: most of what is asked for is answered before anything has to be waited for.
        let task = Self.$isOver.withValue(mark) {
            Task.immediate { await work() }
        }
        let entry = DeadlineTimer.shared.add(at: instant) {
            // A client that left is not late: what was begun says itself that it was cancelled.
            guard !task.isCancelled else { return }
            // Before the work is cancelled, so that it knows why.
            mark.value.store(true, ordering: .releasing)
            task.cancel()
        }
        departure?.began { task.cancel() }
        let value = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        departure?.ended()
        DeadlineTimer.shared.remove(entry)
        return mark.value.load(ordering: .acquiring) ? nil : value
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
