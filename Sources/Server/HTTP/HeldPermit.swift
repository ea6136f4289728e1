internal import Synchronization

/// Keeps a permit that is had in one place until it is given back in another.
final class HeldPermit<Holder: Hashable & Sendable>: Sendable {
    private let permit = Mutex<ShareLimit<Holder>.Permit?>(nil)

    /// Takes a permit; false when there is none.
    func take(_ permit: ShareLimit<Holder>.Permit?) -> Bool {
        self.permit.withLock { $0 = permit }
        return permit != nil
    }

    /// Gives back what was taken, if anything was.
    func leave() {
        permit.withLock { $0.take() }?.leave()
    }
}
