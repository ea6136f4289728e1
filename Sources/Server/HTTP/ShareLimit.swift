internal import Synchronization

/// How much of something each of many may have at once, so that none takes it all (reliability R-26).
///
/// Only those that have something are remembered. Entering never waits.
final class ShareLimit<Holder: Hashable & Sendable>: Sendable {
    /// The right to one; give it back exactly once.
    struct Permit: Sendable {
        fileprivate let limit: ShareLimit
        fileprivate let holder: Holder?

        func leave() {
            guard let holder else { return }
            limit.counts.withLock { counts in
                counts[holder] = counts[holder].flatMap { $0 > 1 ? $0 - 1 : nil }
            }
        }
    }

    private let maximum: Int
    private let counts = Mutex<[Holder: Int]>([:])

    /// A limit for each; 0 is none.
    init(_ maximum: Int) {
        self.maximum = maximum
    }

    /// How many have anything now.
    var holderCount: Int { counts.withLock { $0.count } }

    /// A permit, or nil when the holder has all that it may have; whoever is not known has no limit.
    func enter(_ holder: Holder?) -> Permit? {
        guard maximum > 0, let holder else { return Permit(limit: self, holder: nil) }
        let isEntered = counts.withLock { counts in
            guard counts[holder, default: 0] < maximum else { return false }
            counts[holder, default: 0] += 1
            return true
        }
        return isEntered ? Permit(limit: self, holder: holder) : nil
    }
}
