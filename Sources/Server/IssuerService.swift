internal import Identity
internal import ServiceLifecycle

/// Keeps the issuers' keys fresh.
struct IssuerService: Service {
    let issuers: IssuerPool

    func run() async throws {
        await withGracefulShutdownHandler {
            await issuers.run()
        } onGracefulShutdown: {
            issuers.shutdown()
        }
    }
}
