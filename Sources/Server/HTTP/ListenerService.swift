internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// One listener for HTTP/1.1 and HTTP/2, with bounds on connections, headers and idle time.
final class ListenerService: Service {
    private let announcement: Logger.Message
    private let address: ListenAddress
    private let identity: TLSIdentity?
    private let idleTimeout: Duration
    private let metrics: ConnectionMetrics?
    private let shares: ConnectionShares?
    private let bounds: ListenerBounds
    private let logger: Logger
    private let run: @Sendable (ListenerService) async throws -> Void
    private let bound = Mutex<Bound>(.waiting([]))

    /// An address on which we cannot listen.
    struct CannotListen: Error, CustomStringConvertible {
        let address: ListenAddress
        let cause: any Error

        var description: String {
            let reason = (cause as? IOError).map { FileError.reason($0.errnoCode) } ?? "no such address"
            return "cannot listen on \(address.host) port \(address.port): \(reason)"
        }
    }

    private var isBound: Bool {
        bound.withLock { bound in
            if case .done(.success) = bound { true } else { false }
        }
    }

    private enum Bound {
        case waiting([CheckedContinuation<String, any Error>])
        case done(Result<String, any Error>)
    }

    /// A listener that speaks clear text without an `identity`; `announcement` is logged once it listens.
    init<Responder: HTTPResponder>(
        announcement: Logger.Message, address: ListenAddress, responder: Responder, identity: TLSIdentity? = nil,
        idleTimeout: Duration, metrics: ConnectionMetrics? = nil, shares: ConnectionShares? = nil,
        bounds: ListenerBounds, logger: Logger
    )
    where Responder.Context == EndpointContext {
        self.announcement = announcement
        self.address = address
        self.identity = identity
        self.idleTimeout = idleTimeout
        self.metrics = metrics
        self.shares = shares
        self.bounds = bounds
        self.logger = logger
        run = { service in
            try await service.application(responder).run()
        }
    }

    func run() async throws {
        do {
            try await run(self)
            resolve(.failure(CancellationError()))
        } catch {
            let failure = isBound ? error : CannotListen(address: address, cause: error)
            resolve(.failure(failure))
            throw failure
        }
    }

    /// The URL of the listener, once it listens; throws what kept it from listening.
    ///
    /// Who waits is told in any case, as `run()` ends with success or failure; it must be running.
    func url() async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<String, any Error>? = bound.withLock { bound in
                switch bound {
                case .done(let result): return result
                case .waiting(let waiters):
                    bound = .waiting(waiters + [continuation])
                    return nil
                }
            }
            if let result { continuation.resume(with: result) }
        }
    }

    private func application<Responder: HTTPResponder>(_ responder: Responder) -> Application<Responder>
    where Responder.Context == EndpointContext {
        return Application(
            responder: responder,
            server: HTTPServerBuilder { [identity, idleTimeout, metrics, shares, bounds] responder in
                ListenerChannel(
                    responder: responder, identity: identity, idleTimeout: idleTimeout, metrics: metrics,
                    shares: shares, answers: bounds.answers, streams: bounds.streams)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), backlog: ListenerLimits.backlog,
                availableConnectionsDelegate: MaximumAvailableConnections(bounds.connections)),
            onServerRunning: { channel in self.didBind(channel) },
            logger: Self.quiet(logger)
        )
    }

    private func didBind(_ channel: any Channel) {
        // Busy event loops turn slowly; whoever connects must not wait for one turn each.
        channel.setOption(.maxMessagesPerRead, value: ListenerLimits.acceptedAtOnce).whenFailure { [logger] error in
            logger.warning("connections are accepted slowly under load", metadata: ["cause": "\(error)"])
        }
        guard let port = channel.localAddress?.port else { return }
        let host = address.host
        let scheme = identity == nil ? "http" : "https"
        let url = "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        logger.notice(announcement, metadata: ["url": "\(url)"])
        resolve(.success(url))
    }

    private func resolve(_ result: Result<String, any Error>) {
        let waiters: [CheckedContinuation<String, any Error>] = bound.withLock { bound in
            guard case .waiting(let waiters) = bound else { return [] }
            bound = .done(result)
            return waiters
        }
        for waiter in waiters { waiter.resume(with: result) }
    }

    /// The library's own lines about its start repeat ours.
    private static func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return quiet
    }
}
