internal import Dispatch
internal import Synchronization

/// Ends what is not done by its time: one timer for everything that runs in the process.
///
/// A sleep for each request would cost a task and a timer of the system, and one that is cancelled keeps its memory
/// until its time would have come.
final class DeadlineTimer: Sendable {
    /// The timer of the process.
    static let shared = DeadlineTimer()

    /// The longest time for which the timer is set: what is long over leaves nothing behind.
    private static let period: Duration = .seconds(1)

    private struct Entry {
        let instant: ContinuousClock.Instant
        let action: @Sendable () -> Void
    }

    private struct State {
        var nextID: UInt64 = 0
        var entries: [UInt64: Entry] = [:]
        /// When the timer goes off; nil while nothing runs.
        var next: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "deadlines")

    private init() {}

    /// Calls `action` once at `instant`, unless `remove` is called before with what this answers.
    func add(at instant: ContinuousClock.Instant, _ action: @escaping @Sendable () -> Void) -> UInt64 {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.nextID += 1
            state.entries[state.nextID] = Entry(instant: instant, action: action)
            set(&state, for: instant, now: now)
            return state.nextID
        }
    }

    /// Forgets an action that was not called yet.
    func remove(_ id: UInt64) {
        state.withLock { _ = $0.entries.removeValue(forKey: id) }
    }

    private func set(_ state: inout State, for instant: ContinuousClock.Instant, now: ContinuousClock.Instant) {
        let next = min(instant, now + Self.period)
        if let earlier = state.next, earlier <= next { return }
        state.next = next
        // At most the period, so it cannot overflow.
        let wait = max(.zero, now.duration(to: next)) / .nanoseconds(1)
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(wait))) { self.fire(next) }
    }

    private func fire(_ instant: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        let due = state.withLock { state in
            // An earlier one has taken its place and sets the next one itself.
            guard state.next == instant else { return [Entry]() }
            state.next = nil
            let due = state.entries.filter { $1.instant <= now }
            for id in due.keys { state.entries.removeValue(forKey: id) }
            if let earliest = state.entries.values.map(\.instant).min() { set(&state, for: earliest, now: now) }
            return Array(due.values)
        }
        for entry in due { entry.action() }
    }
}
