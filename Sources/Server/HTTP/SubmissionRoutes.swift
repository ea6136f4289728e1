internal import CertificateTransparency
internal import HTTPTypes
internal import StrictJSON
internal import TransparencyLog

/// The log's endpoints for submissions by others (RFC 6962 §4.1, §4.2; transparency-log 1.3.3, 4).
struct SubmissionRoutes: Sendable {
    /// How long a body may take to arrive, and how long its submission may then take (4.4.3).
    private static let budget: Duration = .seconds(10)

    /// The path of the submission prefix, without a trailing slash.
    private let prefix: String
    private let submissions: PublicSubmissions
    private let rates = SourceRates()

    init(_ submissions: PublicSubmissions, prefix: String) {
        (self.submissions, self.prefix) = (submissions, prefix)
    }

    /// The endpoints by their path.
    var endpoints: [String: Endpoint] {
        [
            "\(prefix)/ct/v1/add-chain": endpoint(.certificate),
            "\(prefix)/ct/v1/add-pre-chain": endpoint(.precertificate),
        ]
    }

    private func endpoint(_ kind: PublicSubmissions.Kind) -> Endpoint {
        Endpoint(.post, wrongMethod: .methodNotAllowed) { request in
            var answer = await add(request, kind)
            answer.headers[.accessControlAllowOrigin] = "*"
            return answer
        }
    }

    private func add(_ request: EndpointRequest, _ kind: PublicSubmissions.Kind) async -> Answer {
        do {
            try submissions.requireOpen()
            if submissions.acceptance == .anyWithLimit, let seconds = rates.take(for: request.origin.address) {
                var answer = Answer.text(.tooManyRequests, "too many submissions from this address")
                answer.headers[.retryAfter] = String(seconds)
                return answer
            }
            guard ["identity", nil].contains(request.contentEncoding?.lowercased()) else {
                return .text(.unsupportedMediaType, "the body must not be compressed")
            }
            let body = try await Self.within(Self.budget, orThrow: BodyTooSlow()) {
                try await request.body.decoded(maximumByteCount: ChainSubmission.maximumByteCount) { $0 }
            }
            // What was accepted is logged even when nobody waits for it any more.
            let slow = LogFailure.notSequenced(.temporarilyUnavailable(retryAfter: 5))
            let answer = try await Self.within(Self.budget, orThrow: slow) { try await submissions.add(body, as: kind) }
            return Answer(json: answer, cacheControl: "no-store")
        } catch is BodyTooSlow {
            return .text(.requestTimeout, "the body took more than ten seconds")
        } catch let status as APIStatus {
            if status == .bodyTooLarge {
                return .text(.contentTooLarge, "the body is longer than \(ChainSubmission.maximumByteCount) bytes")
            }
            guard let seconds = status.retryAfter else { return .text(.badRequest, status.message) }
            return LogFailures.unavailable(retryAfter: seconds)
        } catch {
            return LogFailures.answer(error, request)
        }
    }

    private struct BodyTooSlow: Error {}

    /// The result of `work`, which is cancelled when it takes too long.
    private static func within<Value: Sendable>(
        _ budget: Duration, orThrow timeout: any Error, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: budget)
                throw timeout
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw timeout }
            return value
        }
    }
}
