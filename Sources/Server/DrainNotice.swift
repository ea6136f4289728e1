internal import ServiceLifecycle
internal import Synchronization

/// Tells that the server has begun to stop, before any listener does.
///
/// As the last service of a group it is the first to stop.
final class DrainNotice: Service {
    private let hasBegun = Atomic(false)

    /// Whether the server has begun to stop.
    var isDraining: Bool { hasBegun.load(ordering: .relaxed) }

    func run() async throws {
        try? await gracefulShutdown()
        hasBegun.store(true, ordering: .relaxed)
    }
}
