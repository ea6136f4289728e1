internal import CertificateTransparency
internal import HTTPTypes
internal import StrictJSON

/// The log's endpoints for submissions by others (RFC 6962 §4.1, §4.2; transparency-log 1.3.3, 4).
struct SubmissionRoutes: Sendable {
    /// How long a submission may take; its entry may be logged all the same (4.4.3).
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
            if submissions.acceptance == .anyWithLimit, let seconds = rates.take(for: request.source) {
                var answer = Answer.text(.tooManyRequests, "too many submissions from this address")
                answer.headers[.retryAfter] = String(seconds)
                return answer
            }
            let body = try await request.body.decoded(maximumByteCount: ChainSubmission.maximumByteCount) { $0 }
            return try await withinBudget {
                Answer(json: JSONText(try await submissions.add(body, as: kind)), cacheControl: "no-store")
            }
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

    /// Runs a submission, and answers for it when it takes too long; what was accepted is logged nevertheless.
    private func withinBudget(_ work: @escaping @Sendable () async throws -> Answer) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: Self.budget)
                return LogFailures.unavailable(retryAfter: 5)
            }
            defer { group.cancelAll() }
            return try await group.next() ?? LogFailures.unavailable(retryAfter: 5)
        }
    }
}
