internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// One HTTP/1.1 listener, with bounds on connections, headers and idle time.
final class ListenerService: Service {
    private let announcement: Logger.Message
    private let address: ListenAddress
    private let idleTimeout: Duration
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

    init<Responder: HTTPResponder>(
        announcement: Logger.Message, address: ListenAddress, idleTimeout: Duration, responder: Responder,
        logger: Logger
    )
    where Responder.Context == EndpointContext {
        self.announcement = announcement
        self.address = address
        self.idleTimeout = idleTimeout
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
        // A token of 64 KiB fits into one field; the sum bounds what a connection may hold before a request is known.
        let decoder = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 72 * 1024, maxHeaderListSize: 96 * 1024, maxHeaderFieldCount: 64)
        return Application(
            responder: responder,
            server: .http1(
                configuration: .init(idleTimeout: TimeAmount(idleTimeout), httpDecoderConfiguration: decoder)),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(2000)),
            onServerRunning: { channel in self.didBind(channel) },
            logger: Self.quiet(logger)
        )
    }

    private func didBind(_ channel: any Channel) {
        guard let port = channel.localAddress?.port else { return }
        let host = address.host
        let url = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
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
