internal import CertificateTransparency
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
    private static let largestAnswer = 64 << 20

    private let client: BoundedClient
    private let base: LogURL
    private let now: @Sendable () -> Timestamp

    /// A transport that reads below a base; `now` is the wall clock, for dates in `Retry-After`.
    ///
    /// Throws when TLS cannot be used.
    package init(_ base: LogURL, now: @escaping @Sendable () -> Timestamp) throws {
        (self.base, self.now) = (base, now)
        client = try BoundedClient(connections: .fewCompressed(limit: Self.largestAnswer))
    }

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
        let request = BoundedClient.Request(url: "\(base.text)/\(path)", fields: [], limit: limit, otherLimit: 0)
        let answer: BoundedClient.Answer
        do {
            answer = try await client.answer(to: request, within: Self.answerLimit)
        } catch let cause as RemoteLogFailure.Cause {
            throw Self.failure(cause, path)
        }
        switch answer.status {
        case 200: return .body(answer.body)
        case 429, 503:
            let asked = SubmissionBackoff.retryAfter(answer.retryAfter ?? "", now: now()) ?? .seconds(1)
            return .later(min(max(asked, Self.waits.lowerBound), Self.waits.upperBound), status: answer.status)
        case 300..<400: throw LogClientFailure.redirected(path: path)
        default: throw LogClientFailure.status(path: path, code: answer.status)
        }
    }

    /// What kept the client from an answer, for the document that was asked for.
    private static func failure(_ cause: RemoteLogFailure.Cause, _ path: String) -> LogClientFailure {
        switch cause {
        case .timedOut: .timedOut(path: path)
        case .tooLong(let limit): .tooLong(path: path, limit: limit)
        case .unreachable(let reason): .unreachable(path: path, reason: reason)
        case .status, .contentEncoded, .notReadable, .notAcceptable, .resting:
            .unreachable(path: path, reason: "\(cause)")
        }
    }
}
