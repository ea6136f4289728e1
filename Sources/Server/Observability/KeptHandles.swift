internal import Synchronization

/// Handles of metrics that are made once and kept, for what is counted with every request.
///
/// Keys come from closed sets: nothing is ever forgotten.
final class KeptHandles<Key: Hashable & Sendable, Handle: Sendable>: Sendable {
    private let handles = Mutex<[Key: Handle]>([:])

    /// The handle of a key; the first time, `make` makes it.
    func handle(for key: Key, _ make: () -> Handle) -> Handle {
        handles.withLock { handles in
            if let handle = handles[key] { return handle }
            let handle = make()
            handles[key] = handle
            return handle
        }
    }
}
