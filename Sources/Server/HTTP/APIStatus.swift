internal import HTTPTypes
internal import StrictJSON

/// A refusal or failure as every transport of the CA's API renders it (CA specification 1.7).
struct APIStatus: Error, Hashable, Sendable {
    /// The gRPC status codes that we answer with.
    enum Code: Int64, Hashable, Sendable {
        case cancelled = 1
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case resourceExhausted = 8
        case unimplemented = 12
        case internalError = 13
        case unavailable = 14

        /// The names of all codes of gRPC by their numbers, of those that we never answer with too.
        static let names = [
            "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists",
            "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented",
            "Internal", "Unavailable", "DataLoss", "Unauthenticated",
        ]

        /// The code's name in log lines (CA specification 8.4).
        var name: String { Self.names[Int(rawValue)] }

        /// Whether the client caused it: a warning in the log, not an error (CA specification 8.4).
        var isClientCaused: Bool { [1, 3, 5, 6, 7, 8, 9, 10, 11, 16].contains(rawValue) }
    }

    let code: Code
    let message: String
    /// Why, for programs; nil when the code says all.
    let reason: Reason?
    /// Seconds after which trying again is worth it; nil when it is not known.
    let retryAfter: Int?

    /// One machine-readable reason, in the form of `google.rpc.ErrorInfo`.
    struct Reason: Hashable, Sendable {
        /// The class, such as `token-expired`.
        let category: String
        /// What the sender may know beside it, by name.
        let facts: [String: String]

        /// Who defines the classes.
        static let domain = "mintmark"

        /// The class in upper case, as that message wants it.
        var name: String { category.uppercased().replacing("-", with: "_") }

        /// The member of `details`.
        fileprivate var json: JSONValue {
            let facts = facts.sorted { $0.key < $1.key }.map { JSONMember(name: $0.key, value: .string($0.value)) }
            return [
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": .string(name), "domain": .string(Self.domain),
                "metadata": .object(facts),
            ]
        }
    }

    init(_ code: Code, _ message: String, reason: Reason? = nil, retryAfter: Int? = nil) {
        self.code = code
        self.message = message
        self.reason = reason
        self.retryAfter = retryAfter
    }

    static let notFound = APIStatus(.notFound, "Not Found")
    static let methodNotAllowed = APIStatus(.unimplemented, "Method Not Allowed")
    static let bodyTooLarge = APIStatus(.invalidArgument, "http: request body too large")
    static let bodyNotReadable = APIStatus(.invalidArgument, "the request body ended early or is malformed")
    static let internalError = APIStatus(.internalError, "internal error")
    static let deadlineExceeded = APIStatus(.deadlineExceeded, "context deadline exceeded")
    static let tooManyFromAddress = APIStatus(
        .resourceExhausted, "too many requests at once from this address", retryAfter: 1)
    static let tooManyOfIssuer = APIStatus(
        .resourceExhausted, "too many requests at once for this issuer", retryAfter: 1)
    static let overloaded = APIStatus(.unavailable, "too many requests at once", retryAfter: 1)

    /// The HTTP status that goes with the code.
    var httpStatus: HTTPResponse.Status {
        switch code {
        case .cancelled: HTTPResponse.Status(code: 499)
        case .invalidArgument: .badRequest
        case .deadlineExceeded: .gatewayTimeout
        case .notFound: .notFound
        case .resourceExhausted: .tooManyRequests
        case .unimplemented: .notImplemented
        case .internalError: .internalServerError
        case .unavailable: .serviceUnavailable
        }
    }

    /// The body of the answer.
    var json: JSONText {
        let details = reason.map { [$0.json] } ?? []
        return JSONText(["code": .integer(code.rawValue), "message": .string(message), "details": .array(details)])
    }
}
