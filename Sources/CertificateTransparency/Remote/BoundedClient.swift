internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOSSL
package import OpenSSL

/// Asks one HTTP server within bounds of time and size.
///
/// Connections are kept for a moment. Redirects are not followed, and no proxy of the environment is asked: what is
/// sent goes to the configured host alone.
package final class BoundedClient: Sendable {
    /// An answer with its status; the body is cut after the limit for its kind.
    package struct Answer: Sendable {
        /// The status.
        package let status: UInt

        /// The field `Content-Type`; nil when there is none.
        package let contentType: String?

        /// The field `Retry-After`; nil when there is none.
        package let retryAfter: String?

        /// The body.
        package let body: [UInt8]
    }

    /// What is asked.
    package struct Request: Sendable {
        let url: String
        let body: [UInt8]?
        let fields: [(String, String)]
        /// The most bytes of the body of an answer 200, and of any other one, which is cut there.
        let limits: (success: Int, other: Int)

        /// A POST with a body, or a GET without one; a longer answer 200 than `limit` is an error, and nothing is read
        /// of the body of another answer when `otherLimit` is 0.
        package init(
            url: String, body: [UInt8]? = nil, fields: [(String, String)], limit: Int,
            otherLimit: Int
        ) {
            (self.url, self.body, self.fields, limits) = (url, body, fields, (limit, otherLimit))
        }
    }

    /// What connections are like.
    package struct Connections: Sendable {
        /// How many are kept to one server at a time.
        let count: Int

        /// For how many seconds one is kept that has nothing to do.
        let idleSeconds: Int64

        /// The most octets of a compressed answer after decompression; nil when none may be compressed.
        let decompressedLimit: Int?

        /// For many small answers at a time, none of them compressed.
        package static let many = Connections(count: 64, idleSeconds: 2, decompressedLimit: nil)

        /// For large answers one after the other, which may be compressed and have so many octets afterwards.
        package static func fewCompressed(limit: Int) -> Connections {
            Connections(count: 8, idleSeconds: 10, decompressedLimit: limit)
        }
    }

    private let client: HTTPClient
    private let connections: Connections

    /// A client that trusts these roots in TLS, or those of the system; throws when TLS cannot use one.
    package init(trustRoots: [Certificate] = [], connections: Connections = .many) throws {
        self.connections = connections
        client = HTTPClient(configuration: try Self.configuration(trustRoots: trustRoots, connections))
    }

    // The client wants to be shut down by whoever has it, also when it was never used.
    deinit { client.shutdown { _ in } }

    /// Closes all connections; nothing can be asked afterwards.
    package func shutDown() async {
        try? await client.shutdown()
    }

    /// Asks once.
    ///
    /// Throws `RemoteLogFailure.Cause`, and `CancellationError` when the caller is cancelled.
    package func answer(to request: Request, within limit: Duration) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.answer(to: request) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw RemoteLogFailure.Cause.timedOut
            }
            guard let answer = try await group.next() else { throw RemoteLogFailure.Cause.timedOut }
            return answer
        }
    }

    private func answer(to request: Request) async throws -> Answer {
        var message = HTTPClientRequest(url: request.url)
        for (name, value) in request.fields { message.headers.add(name: name, value: value) }
        let encoding = connections.decompressedLimit == nil ? "identity" : "gzip"
        message.headers.add(name: "Accept-Encoding", value: encoding)
        message.headers.add(name: "User-Agent", value: "mintmark")
        if let body = request.body {
            message.method = .POST
            message.body = .bytes(body)
        }
        do {
            // The caller ends this by cancelling it: the client's own deadline would not cover the body.
            let response = try await client.execute(message, deadline: .distantFuture)
            return try await read(response, request.limits)
        } catch let cause as RemoteLogFailure.Cause {
            throw cause
        } catch NIOHTTPDecompression.DecompressionError.limit {
            throw RemoteLogFailure.Cause.tooLong(limit: connections.decompressedLimit ?? 0)
        } catch let error as NIOHTTPDecompression.DecompressionError {
            throw RemoteLogFailure.Cause.notReadable("it cannot be decompressed: \(error)")
        } catch is NIOHTTPDecompression.ExtraDecompressionError {
            throw RemoteLogFailure.Cause.notReadable("it cannot be decompressed")
        } catch {
            try Task.checkCancellation()
            throw RemoteLogFailure.Cause.unreachable(NetworkErrorText.describing(error, url: request.url))
        }
    }

    private func read(_ response: HTTPClientResponse, _ limits: (success: Int, other: Int)) async throws -> Answer {
        let isSuccess = response.status == .ok
        if isSuccess, !isAccepted(response.headers["Content-Encoding"]) {
            throw RemoteLogFailure.Cause.contentEncoded
        }
        let body =
            if isSuccess || limits.other > 0 {
                try await Self.read(response.body, limit: isSuccess ? limits.success : limits.other, cuts: !isSuccess)
            } else {
                [UInt8]()
            }
        return Answer(
            status: response.status.code, contentType: response.headers.first(name: "Content-Type"),
            retryAfter: response.headers.first(name: "Retry-After"), body: body)
    }

    /// Whether a body with these values of `Content-Encoding` was asked for (RFC 9110, section 8.4).
    ///
    /// It is as it was, or compressed once where that is taken: the client decompresses it and leaves the field.
    private func isAccepted(_ encodings: [String]) -> Bool {
        encodings.isEmpty
            || (connections.decompressedLimit != nil && encodings.map { $0.lowercased() } == ["gzip"])
    }

    /// A body of at most `limit` bytes; a longer one is cut there, or an error.
    private static func read(
        _ body: HTTPClientResponse.Body, limit: Int, cuts: Bool
    ) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await part in body {
            bytes.append(contentsOf: part.readableBytesView.prefix(limit + 1 - bytes.count))
            guard bytes.count > limit else { continue }
            guard cuts else { throw RemoteLogFailure.Cause.tooLong(limit: limit) }
            bytes.removeLast(bytes.count - limit)
            break
        }
        return bytes
    }

    private static func configuration(
        trustRoots: [Certificate], _ connections: Connections
    ) throws -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        let roots = try trustRoots.map { try NIOSSLCertificate(bytes: $0.der, format: .der) }
        if !roots.isEmpty { tls.trustRoots = .certificates(roots) }
        var pool = HTTPClient.Configuration.ConnectionPool(
            idleTimeout: .seconds(connections.idleSeconds),
            concurrentHTTP1ConnectionsPerHostSoftLimit: connections.count)
        pool.retryConnectionEstablishment = false
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(10)), connectionPool: pool,
            decompression: connections.decompressedLimit.map { .enabled(limit: .size($0)) } ?? .disabled)
        configuration.httpVersion = .http1Only
        return configuration
    }
}
