internal import AsyncHTTPClient
internal import CertificateTransparency
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOSSL
package import OpenSSL

/// Gets the public documents of one log over HTTP, within bounds.
///
/// Redirects are not followed, and no proxy of the environment is asked. Answers may be compressed. After status 429 or
/// 503 we wait for as long as the answer says, at most half a minute; a document is asked for five times in all.
package final class LogTransport: Sendable {
    /// The longest that one whole answer may take.
    private static let answerLimit = Duration.seconds(60)

    /// The longest and the shortest wait that an answer may ask for.
    private static let waits = Duration.milliseconds(200)...Duration.seconds(30)

    private static let attemptCount = 5

    /// The longest answer of any kind, in octets, after decompression.
    static let largestAnswer = 64 << 20

    private let client: HTTPClient
    private let base: LogURL
    private let now: @Sendable () -> Timestamp

    /// A transport that reads below a base; `now` is the wall clock, for dates in `Retry-After`.
    package init(_ base: LogURL, now: @escaping @Sendable () -> Timestamp) {
        (self.base, self.now) = (base, now)
        client = HTTPClient(configuration: Self.configuration)
    }

    // The client wants to be shut down by whoever has it, also when it was never used.
    deinit { client.shutdown { _ in } }

    /// The body of a GET with status 200, of at most `limit` octets.
    ///
    /// `path` is below the base, without a slash in front. Throws `LogClientFailure`, and `CancellationError` when the
    /// caller is cancelled.
    package func get(_ path: String, limit: Int) async throws -> [UInt8] {
        for attempt in 1... {
            switch try await answer(to: path, limit: limit) {
            case .body(let body): return body
            case .later(let wait, let status):
                guard attempt < Self.attemptCount else { throw LogClientFailure.status(path: path, code: status) }
                try await Task.sleep(for: wait)
            }
        }
        throw LogClientFailure.timedOut(path: path)
    }

    private enum Answer: Sendable {
        case body([UInt8])
        case later(Duration, status: UInt)
    }

    private func answer(to path: String, limit: Int) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.send(path, limit: limit) }
            group.addTask {
                try await Task.sleep(for: Self.answerLimit)
                throw LogClientFailure.timedOut(path: path)
            }
            guard let answer = try await group.next() else { throw LogClientFailure.timedOut(path: path) }
            return answer
        }
    }

    private func send(_ path: String, limit: Int) async throws -> Answer {
        var request = HTTPClientRequest(url: "\(base.text)/\(path)")
        request.headers.add(name: "Accept-Encoding", value: "gzip")
        request.headers.add(name: "User-Agent", value: "mintmark")
        do {
            // `answer` ends this by cancelling it: the client's own deadline would not cover the body.
            let response = try await client.execute(request, deadline: .distantFuture)
            let status = response.status.code
            switch status {
            case 200: return .body(try await collect(response, path, limit: limit))
            case 429, 503:
                let field = response.headers.first(name: "Retry-After") ?? ""
                let asked = SubmissionBackoff.retryAfter(field, now: now()) ?? .seconds(1)
                return .later(min(max(asked, Self.waits.lowerBound), Self.waits.upperBound), status: status)
            case 300..<400: throw LogClientFailure.redirected(path: path)
            default: throw LogClientFailure.status(path: path, code: status)
            }
        } catch let failure as LogClientFailure {
            throw failure
        } catch {
            try Task.checkCancellation()
            throw LogClientFailure.unreachable(
                path: path, reason: NetworkErrorText.describing(error, url: base.text))
        }
    }

    private func collect(_ response: HTTPClientResponse, _ path: String, limit: Int) async throws -> [UInt8] {
        var body: [UInt8] = []
        for try await part in response.body {
            guard body.count + part.readableBytes <= limit else {
                throw LogClientFailure.tooLong(path: path, limit: limit)
            }
            body.append(contentsOf: part.readableBytesView)
        }
        return body
    }

    private static var configuration: HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        var pool = HTTPClient.Configuration.ConnectionPool(
            idleTimeout: .seconds(10), concurrentHTTP1ConnectionsPerHostSoftLimit: 8)
        pool.retryConnectionEstablishment = false
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(10)), connectionPool: pool,
            decompression: .enabled(limit: .size(largestAnswer)))
        configuration.httpVersion = .http1Only
        return configuration
    }
}
