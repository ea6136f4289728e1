internal import Synchronization

/// A number of things that may happen at once; entering never waits.
final class ConcurrencyLimit: Sendable {
    /// The right to be one of them; give it back exactly once.
    struct Permit: Sendable {
        fileprivate let limit: ConcurrencyLimit

        func leave() {
            limit.count.withLock { $0 -= 1 }
        }
    }

    /// How many there may be.
    let maximum: Int

    private let count = Mutex(0)

    init(_ maximum: Int) {
        self.maximum = maximum
    }

    /// How many there are now.
    var used: Int { count.withLock { $0 } }

    /// Whether nothing more may happen now.
    var isFull: Bool { used >= maximum }

    /// A permit, or nil when the limit is reached.
    func enter() -> Permit? {
        let isEntered = count.withLock { count in
            guard count < maximum else { return false }
            count += 1
            return true
        }
        return isEntered ? Permit(limit: self) : nil
    }
}
