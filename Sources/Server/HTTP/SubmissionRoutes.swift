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
    private let token: BearerToken?
    private let rates = SourceRates()

    /// The entrance to a log; with a token, its bearers may submit whatever the acceptance is.
    init(_ submissions: PublicSubmissions, prefix: String, token: BearerToken? = nil) {
        (self.submissions, self.prefix, self.token) = (submissions, prefix, token)
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
            let isAuthenticated = token?.isCarried(by: request.authorization) ?? false
            if let token, !isAuthenticated, submissions.acceptance == .own || token.isClaimed(by: request.authorization)
            {
                return Self.unauthorized
            }
            try submissions.requireOpen(isAuthenticated: isAuthenticated)
            if submissions.acceptance == .anyWithLimit || isAuthenticated,
                let seconds = rates.take(for: request.origin.address)
            {
                return LogFailures.tooMany("submissions", retryAfter: seconds)
            }
            guard ["identity", nil].contains(request.contentEncoding?.lowercased()) else {
                return .text(.unsupportedMediaType, "the body must not be compressed")
            }
            let body = try await Self.within(Self.budget, orThrow: BodyTooSlow()) {
                try await request.body.decoded(maximumByteCount: ChainSubmission.maximumByteCount) { $0 }
            }
            // What was accepted is logged even when nobody waits for it any more.
            let slow = LogFailure.notSequenced(.temporarilyUnavailable(retryAfter: 5))
            let answer = try await Self.within(Self.budget, orThrow: slow) {
                try await submissions.add(body, as: kind, isAuthenticated: isAuthenticated)
            }
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

    /// The answer for a caller without the token (RFC 6750 §3).
    private static var unauthorized: Answer {
        var answer = Answer.text(.unauthorized, "a bearer token is needed to submit to this log")
        answer.headers[.wwwAuthenticate] = "Bearer"
        return answer
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
