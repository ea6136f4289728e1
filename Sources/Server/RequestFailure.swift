internal import Issuance
internal import Logging

/// Why a signing request got no certificate: what the client is told, and what only we may know.
struct RequestFailure: Sendable {
    /// What the client gets.
    let status: APIStatus

    /// The class, from a closed set.
    let reason: String

    /// The cause, for the log alone; free of values of tokens.
    let cause: String

    /// What a log of others answered, for the log alone; nil when none did.
    let logAnswer: String?

    /// Whether it was the sender's doing.
    let isRefusal: Bool

    /// Sorts what was thrown on the way of a request.
    init(_ error: any Error) {
        switch error {
        case let status as APIStatus where status.code == .unavailable:
            self.init(status, "overloaded", status.message, isRefusal: false)
        case let status as APIStatus where status.code == .resourceExhausted:
            self.init(status, "too-many-requests", status.message, isRefusal: true)
        case let status as APIStatus where status.code == .deadlineExceeded:
            self.init(status, "deadline-exceeded", status.message, isRefusal: false)
        case let status as APIStatus:
            self.init(status, "request-not-readable", status.message, isRefusal: true)
        case let refusal as IssuanceRefusal:
            let facts = Dictionary(refusal.facts) { first, _ in first }
            let status = APIStatus(
                .invalidArgument, refusal.publicMessage,
                reason: APIStatus.Reason(category: refusal.category, facts: facts))
            self.init(status, refusal.category, refusal.detail ?? refusal.category, isRefusal: true)
        case IssuanceFailure.cancelled:
            let failure = IssuanceFailure.cancelled
            self.init(
                APIStatus(.cancelled, failure.publicMessage), failure.category, "\(failure)", isRefusal: false)
        case let failure as IssuanceFailure:
            let status =
                failure.retryAfterSeconds.map { APIStatus(.unavailable, failure.publicMessage, retryAfter: $0) }
                ?? APIStatus(.internalError, failure.publicMessage)
            self.init(status, failure.category, "\(failure)", failure.logAnswer, isRefusal: false)
        default:
            self.init(.internalError, "internal", "\(error)", isRefusal: false)
        }
    }

    private init(
        _ status: APIStatus, _ reason: String, _ cause: String, _ logAnswer: String? = nil, isRefusal: Bool
    ) {
        self.status = status
        self.reason = reason
        self.cause = cause
        self.logAnswer = logAnswer
        self.isRefusal = isRefusal
    }

    /// Writes the line of CA specification 8.4: a warning for what the client caused, an error for the rest.
    func log(to logger: Logger) {
        var metadata: Logger.Metadata = [
            "code": "\(status.code.name)", "clientMessage": "\(status.message)", "error": "\(cause)",
            "reason": "\(reason)",
        ]
        if let logAnswer { metadata["body"] = "\(logAnswer)" }
        logger.log(
            level: status.code.isClientCaused ? .warning : .error, isRefusal ? "refused" : "failed", metadata: metadata)
    }
}
