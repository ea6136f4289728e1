internal import Synchronization

/// How many fetches of keys have failed since this was made, with the issuer or pattern that it counts for.
final class FetchFailureCount: Sendable {
    private let count = Atomic<UInt64>(0)

    /// The number so far.
    var value: UInt64 { count.load(ordering: .relaxed) }

    /// Counts one more.
    func increment() {
        count.add(1, ordering: .relaxed)
    }
}
