import Hummingbird
package import Logging
import NIOCore
package import OpenSSL
import ServiceLifecycle

/// An OpenID Connect provider on loopback that vouches for anybody who asks.
///
/// For the demonstration, tests and benchmarks. It listens on the loopback interface only, which the type of its
/// configuration guarantees, and its keys live in memory and end with it. Endpoints: the discovery document, `/keys`,
/// `POST /token` (a JSON object of claims in, a signed token out), `POST /rotate` (new keys).
package struct DevelopmentProvider: Service {
    /// Where it listens and what its tokens say by default.
    package let configuration: ProviderConfiguration

    private let logger: Logger
    private let routes: ProviderRoutes
    private let address = ListeningAddress()

    /// Prepares a provider; nothing listens before `run()`.
    ///
    /// `now` is read once per token, for `iat`, `exp` and `expires_in`.
    package init(
        configuration: ProviderConfiguration,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.configuration = configuration
        self.logger = logger
        routes = ProviderRoutes(
            configuration: configuration, address: address, keys: RotatingKeys(), logger: logger, now: now
        )
    }

    /// Waits until the provider listens and returns its issuer URL, without a trailing slash.
    ///
    /// Throws what ended `run()` before that, or `CancellationError`. Waits for ever when nobody calls `run()`.
    package func url() async throws -> String {
        try await address.url()
    }

    /// Listens and answers until graceful shutdown or cancellation.
    ///
    /// Throws when the address cannot be bound. Requests in flight are answered before it returns.
    package func run() async throws {
        let application = Application(
            router: routes.router(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host.numericAddress, port: configuration.port)
            ),
            onServerRunning: { channel in listening(on: channel) },
            logger: logger
        )
        do {
            try await application.run()
        } catch {
            address.resolve(.failure(error))
            throw error
        }
        address.resolve(.failure(ProviderError.endedBeforeListening))
    }

    private func listening(on channel: any Channel) {
        guard let port = channel.localAddress?.port else {
            address.resolve(.failure(ProviderError.noPort))
            return
        }
        let url = "http://\(configuration.host.urlHost):\(port)"
        logger.notice("development issuer listening", metadata: ["url": "\(url)"])
        address.resolve(.success(url))
    }
}
