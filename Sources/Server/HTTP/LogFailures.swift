internal import CertificateTransparency
internal import HTTPTypes
internal import Logging
internal import TransparencyLog

/// The answers of the log's endpoints for what went wrong (transparency-log 1.3): a status and one line of text each.
enum LogFailures {
    /// The answer for an error of a read or a submission; what is our own failure is logged here, once.
    static func answer(_ error: any Error, _ request: EndpointRequest) -> Answer {
        switch error {
        case let malformed as QueryParameters.Malformed: return .text(.badRequest, "\(malformed)")
        case let refusal as LogReader.Refusal: return answer(refusal)
        case let refusal as LogRefusal: return .text(status(of: refusal), "\(refusal)")
        case LogFailure.notSequenced(.closed): return .text(.gone, "this log is closed for good")
        case LogFailure.notSequenced(.notEncodable): return .text(.badRequest, "the entry has no encoding")
        case let failure as LogFailure:
            if let seconds = failure.retryAfter { return unavailable(retryAfter: seconds) }
            if case .notSequenced = failure { return unavailable(retryAfter: 30) }
        default: break
        }
        request.logger.error("log request failed", metadata: ["path": "\(request.path)", "cause": "\(error)"])
        return .text(.internalServerError, "internal error")
    }

    /// The answer for a log that takes nothing for so many seconds.
    static func unavailable(retryAfter seconds: Int) -> Answer {
        var answer = Answer.text(.serviceUnavailable, "the log takes no more entries at the moment")
        answer.headers[.retryAfter] = String(seconds)
        return answer
    }

    /// The answer for an address that does something too often.
    static func tooMany(_ what: String, retryAfter seconds: Int) -> Answer {
        var answer = Answer.text(.tooManyRequests, "too many \(what) from this address")
        answer.headers[.retryAfter] = String(seconds)
        return answer
    }

    private static func answer(_ refusal: LogReader.Refusal) -> Answer {
        switch refusal {
        case .treeSizeIsZero: .text(.badRequest, "tree_size must be at least 1")
        case .startAfterEnd: .text(.badRequest, "start is after end")
        case .startBeyondHead: .text(.badRequest, "start is at or beyond the published tree size")
        case .firstAfterSecond: .text(.badRequest, "first is larger than second")
        case .indexBeyondTree: .text(.badRequest, "leaf_index is not below tree_size")
        case .treeSizeBeyondHead: .text(.notFound, "the size is beyond the published tree size")
        case .unknownLeafHash: .text(.notFound, "no leaf below tree_size has this hash")
        case .tileBeyondHead: .text(.notFound, "no such tile in the published tree")
        }
    }

    private static func status(of refusal: LogRefusal) -> HTTPResponse.Status {
        switch refusal {
        case .onlyOwnAuthority: .forbidden
        case .windowIsOver: .gone
        default: .badRequest
        }
    }
}
