internal import Issuance
internal import Logging
internal import OpenSSL

/// The way of one signing request through the CA, the same for every transport: limits, issuance, record, status.
struct SigningService: Sendable {
    let authority: CertificateAuthority
    let metrics: CAMetrics
    let limits: RequestLimits
    let now: @Sendable () -> Timestamp

    /// Issues for a decoded request; throws the status that the client gets.
    ///
    /// `logger` carries the request's identifier. A failure of ours is logged here, once, with its cause.
    func issue(_ request: IssuanceRequest, logger: Logger) async throws(APIStatus) -> IssuedCertificate {
        do {
            // Taken when the body is there: clients that send slowly take no place from others.
            guard let permit = limits.signing.enter() else { throw APIStatus.overloaded }
            defer { permit.leave() }
            let issued = try await authority.issue(request, logger: logger, now: now)
            metrics.issued()
            return issued
        } catch {
            throw status(of: error, logger)
        }
    }

    /// Counts and logs a request that could not be read, and answers with its status.
    func refusedUnread(_ status: APIStatus, logger: Logger) -> APIStatus {
        self.status(of: status, logger)
    }

    private func status(of error: any Error, _ logger: Logger) -> APIStatus {
        switch error {
        case let status as APIStatus where status.code == .unavailable:
            metrics.failed("overloaded")
            logger.error("request not taken", metadata: ["reason": "overloaded"])
            return status
        case let status as APIStatus:
            metrics.refused("request-not-readable")
            logger.warning("refused", metadata: ["reason": "request-not-readable", "detail": "\(status.message)"])
            return status
        case let refusal as IssuanceRefusal:
            metrics.refused(refusal.category)
            logger.warning("refused", metadata: ["reason": "\(refusal.category)", "detail": "\(refusal.detail ?? "")"])
            let facts = Dictionary(refusal.facts) { first, _ in first }
            return APIStatus(
                .invalidArgument, refusal.publicMessage,
                reason: APIStatus.Reason(category: refusal.category, facts: facts))
        case let failure as IssuanceFailure:
            metrics.failed(failure.category)
            var metadata: Logger.Metadata = ["reason": "\(failure.category)", "cause": "\(failure)"]
            if let answer = failure.logAnswer { metadata["body"] = "\(answer)" }
            logger.error("issuance failed", metadata: metadata)
            guard let seconds = failure.retryAfterSeconds else {
                return APIStatus(.internalError, failure.publicMessage)
            }
            return APIStatus(.unavailable, failure.publicMessage, retryAfter: seconds)
        default:
            metrics.failed("internal")
            logger.error("request failed", metadata: ["cause": "\(error)"])
            return .internalError
        }
    }
}
