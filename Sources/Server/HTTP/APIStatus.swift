internal import HTTPTypes
internal import StrictJSON

/// A refusal or failure as every transport of the CA's API renders it (CA specification 1.7).
struct APIStatus: Error, Hashable, Sendable {
    /// The gRPC status codes that we answer with.
    enum Code: Int64, Hashable, Sendable {
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case unimplemented = 12
        case internalError = 13
        case unavailable = 14
    }

    let code: Code
    let message: String
    /// Seconds after which trying again is worth it; nil when it is not known.
    let retryAfter: Int?

    init(_ code: Code, _ message: String, retryAfter: Int? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    static let notFound = APIStatus(.notFound, "Not Found")
    static let methodNotAllowed = APIStatus(.unimplemented, "Method Not Allowed")
    static let bodyTooLarge = APIStatus(.invalidArgument, "http: request body too large")
    static let bodyNotReadable = APIStatus(.invalidArgument, "the request body ended early or is malformed")
    static let internalError = APIStatus(.internalError, "internal error")
    static let deadlineExceeded = APIStatus(.deadlineExceeded, "context deadline exceeded")
    static let overloaded = APIStatus(.unavailable, "too many requests at once", retryAfter: 1)

    /// The HTTP status that goes with the code.
    var httpStatus: HTTPResponse.Status {
        switch code {
        case .invalidArgument: .badRequest
        case .deadlineExceeded: .gatewayTimeout
        case .notFound: .notFound
        case .unimplemented: .notImplemented
        case .internalError: .internalServerError
        case .unavailable: .serviceUnavailable
        }
    }

    /// The body of the answer.
    var json: JSONText {
        JSONText(["code": .integer(code.rawValue), "message": .string(message), "details": []])
    }
}
