internal import ServiceLifecycle

/// Looks every second whether the files of TLS changed: written, renamed over, or reached by another link.
struct TLSWatcher: Service {
    let identities: [TLSIdentity]

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: .seconds(1))
                for identity in identities { identity.reloadIfChanged() }
            }
        }
    }
}
