/// Why we could not issue although the request was good.
package enum IssuanceFailure: Error, Sendable, CustomStringConvertible {
    /// The CA's key, chain or profile did not do its work; the cause is for the log alone.
    case backend(cause: String)
    /// A transparency log did not take the certificate; the cause, and what another log answered, are for our log
    /// alone.
    case transparencyLog(cause: String, answer: String? = nil)
    /// The transparency log takes nothing for now; trying again after some seconds is worth it. The cause is for our
    /// log alone.
    case transparencyLogBusy(retryAfterSeconds: Int, cause: String? = nil)
    /// The client left, or its time was over; the entry may be logged nevertheless.
    case cancelled
    /// Too many requests wait for the keys of one issuer already.
    case issuerBusy(retryAfterSeconds: Int)

    /// The message for the client, exactly as Fulcio's API words it.
    package var publicMessage: String {
        switch self {
        case .backend: "error communicating with CA backend"
        case .transparencyLog, .transparencyLogBusy: "Error entering certificate in CTL"
        case .cancelled: "context canceled"
        case .issuerBusy: "too many requests at once"
        }
    }

    /// The beginning of what another log answered, cut and escaped for a log line; nil when there is none.
    package var logAnswer: String? {
        if case .transparencyLog(_, let answer) = self { answer } else { nil }
    }

    /// Seconds after which another try is worth it; nil when that is not known.
    package var retryAfterSeconds: Int? {
        switch self {
        case .transparencyLogBusy(let seconds, _), .issuerBusy(let seconds): seconds
        case .backend, .transparencyLog, .cancelled: nil
        }
    }

    /// The class and the cause in words, for our log alone.
    package var description: String {
        switch self {
        case .backend(let cause), .transparencyLog(let cause, _): "\(category): \(cause)"
        case .transparencyLogBusy(_, let cause?): "\(category): \(cause)"
        case .transparencyLogBusy, .cancelled, .issuerBusy: category
        }
    }

    /// The class of the failure, from a closed set.
    package var category: String {
        switch self {
        case .backend: "backend"
        case .transparencyLog: "transparency-log"
        case .transparencyLogBusy: "transparency-log-busy"
        case .cancelled: "cancelled"
        case .issuerBusy: "issuer-busy"
        }
    }
}
