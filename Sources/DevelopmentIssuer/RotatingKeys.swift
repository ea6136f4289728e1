import Synchronization

/// The provider's current keys, made when first needed and replaced on request.
///
/// Keys are made outside the lock, which guards one assignment; two first requests at once may make two sets, of
/// which the first one stored serves both.
final class RotatingKeys: Sendable {
    private let stored = Mutex<ProviderKeySet?>(nil)

    /// The current keys; throws when none exist yet and none can be made.
    func current() throws -> ProviderKeySet {
        if let keys = stored.withLock({ $0 }) { return keys }
        let made = try ProviderKeySet()
        return stored.withLock { keys in
            if let keys { return keys }
            keys = made
            return made
        }
    }

    /// Replaces every key and returns the new ones; the old ones are forgotten.
    func rotate() throws -> ProviderKeySet {
        let made = try ProviderKeySet()
        stored.withLock { $0 = made }
        return made
    }
}
