internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import OpenSSL
internal import StrictJSON

/// Posts chains to one log over HTTP and reads what comes back, within bounds.
///
/// Connections are kept for a moment between submissions. Redirects are not followed, and no proxy of the environment
/// is asked: what is posted goes to the configured host alone.
final class SubmissionClient: Sendable {
    /// The most bytes of an answer that are read (SEC-02).
    private static let bodyLimit = 64 << 10

    /// The most bytes that are read of an answer with another status than 200: enough for our log.
    private static let refusalLimit = 256

    private let client: HTTPClient
    private let url: String
    private let host: String?

    /// An answer with its status; the body is cut unless the status is 200.
    struct Answer: Sendable {
        let status: UInt
        let retryAfter: String?
        let body: [UInt8]
    }

    /// Throws when TLS cannot use a root.
    init(_ settings: RemoteLogSettings) throws {
        (url, host) = (settings.url, settings.host)
        client = HTTPClient(configuration: try Self.configuration(trustRoots: settings.trustRoots))
    }

    // The client wants to be shut down by whoever has it, also when it was never used.
    deinit { client.shutdown { _ in } }

    /// Closes all connections; nothing can be posted afterwards.
    func shutDown() async {
        try? await client.shutdown()
    }

    /// Posts a chain, leaf first, to one of the two endpoints, such as `add-chain`.
    ///
    /// Throws `RemoteLogFailure.Cause`, and `CancellationError` when the caller is cancelled.
    func post(_ chain: [Certificate], to endpoint: String, limit: Duration) async throws -> Answer {
        let body = JSONText(["chain": .array(chain.map { .string(Base64.encode($0.der)) })])
        return try await withThrowingTaskGroup(of: Answer.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.answer(to: endpoint, body.bytes) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw RemoteLogFailure.Cause.timedOut
            }
            guard let answer = try await group.next() else { throw RemoteLogFailure.Cause.timedOut }
            return answer
        }
    }

    private func answer(to endpoint: String, _ body: [UInt8]) async throws -> Answer {
        var request = HTTPClientRequest(url: "\(url)/ct/v1/\(endpoint)")
        request.method = .POST
        if let host { request.headers.add(name: "Host", value: host) }
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "Accept-Encoding", value: "identity")
        request.headers.add(name: "User-Agent", value: "mintmark")
        request.body = .bytes(body)
        do {
            // `post` ends this by cancelling it: the client's own deadline would not cover the body.
            let response = try await client.execute(request, deadline: .distantFuture)
            return try await read(response)
        } catch let cause as RemoteLogFailure.Cause {
            throw cause
        } catch {
            try Task.checkCancellation()
            throw RemoteLogFailure.Cause.unreachable(String("\(error)".utf8.escapedText.prefix(256)))
        }
    }

    private func read(_ response: HTTPClientResponse) async throws -> Answer {
        let isSuccess = response.status == .ok
        if isSuccess, !response.headers["Content-Encoding"].isEmpty { throw RemoteLogFailure.Cause.contentEncoded }
        var body: [UInt8] = []
        for try await part in response.body {
            body.append(contentsOf: part.readableBytesView.prefix(Self.bodyLimit + 1 - body.count))
            if !isSuccess, body.count >= Self.refusalLimit { break }
            guard body.count <= Self.bodyLimit else { throw RemoteLogFailure.Cause.tooLong(limit: Self.bodyLimit) }
        }
        return Answer(
            status: response.status.code, retryAfter: response.headers.first(name: "Retry-After"), body: body)
    }

    private static func configuration(trustRoots: [Certificate]) throws -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        let roots = try trustRoots.map { try NIOSSLCertificate(bytes: $0.der, format: .der) }
        if !roots.isEmpty { tls.trustRoots = .certificates(roots) }
        var pool = HTTPClient.Configuration.ConnectionPool(
            idleTimeout: .seconds(2), concurrentHTTP1ConnectionsPerHostSoftLimit: 64)
        pool.retryConnectionEstablishment = false
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(10)), connectionPool: pool,
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        return configuration
    }
}
