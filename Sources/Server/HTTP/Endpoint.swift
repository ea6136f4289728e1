internal import HTTPTypes
internal import Logging

/// What an endpoint sees of a request.
struct EndpointRequest: Sendable {
    /// The path, decoded.
    let path: String
    /// The query string as sent, without its question mark; empty when there is none.
    let query: String
    /// The first `Authorization` field.
    let authorization: String?
    /// Where it came from, with its identifier.
    let origin: RequestOrigin
    /// A logger that carries the request's identifier.
    let logger: Logger
    /// The body, not read yet.
    let body: BodyReader
    /// The `Accept-Encoding` field; nil when there is none.
    var acceptEncoding: String?
    /// The `Content-Encoding` field of the request; nil when there is none.
    var contentEncoding: String?
}

/// An endpoint with the one method that it takes.
struct Endpoint: Sendable {
    /// How a wrong method is answered.
    enum WrongMethod: Sendable {
        /// 501 in the words of the CA's API, also for HEAD.
        case unimplemented
        /// 405 with `Allow`; HEAD works wherever GET does (transparency-log 1.3.1).
        case methodNotAllowed
    }

    let method: HTTPRequest.Method
    let wrongMethod: WrongMethod
    /// How many of its requests may be under way at once; nil for no limit of this kind.
    let limit: ConcurrencyLimit?
    /// The answer to an `Authorization` field that does not let its sender in; looked at before the limit.
    let stranger: (@Sendable (_ authorization: String?) -> Answer?)?
    let answer: @Sendable (EndpointRequest) async -> Answer

    init(
        _ method: HTTPRequest.Method, wrongMethod: WrongMethod = .unimplemented, limit: ConcurrencyLimit? = nil,
        stranger: (@Sendable (_ authorization: String?) -> Answer?)? = nil,
        answer: @escaping @Sendable (EndpointRequest) async -> Answer
    ) {
        self.method = method
        self.wrongMethod = wrongMethod
        self.limit = limit
        self.stranger = stranger
        self.answer = answer
    }

    /// The answer for a method that the endpoint does not take; nil when it takes it.
    func refusal(of method: HTTPRequest.Method) -> Answer? {
        if method == self.method { return nil }
        switch wrongMethod {
        case .unimplemented: return Answer(APIStatus.methodNotAllowed)
        case .methodNotAllowed:
            if method == .head, self.method == .get { return nil }
            if method == .options { return preflight }
            var answer = Answer.text(.methodNotAllowed, "method not allowed")
            answer.headers[.allow] = "\(methods), OPTIONS"
            return answer
        }
    }

    private var methods: String { method == .get ? "GET, HEAD" : method.rawValue }

    /// The answer to OPTIONS from anywhere (transparency-log 1.3.1).
    private var preflight: Answer {
        var answer = Answer(.noContent)
        answer.headers[.allow] = "\(methods), OPTIONS"
        answer.headers[.accessControlAllowOrigin] = "*"
        answer.headers[.accessControlAllowMethods] = methods
        answer.headers[.accessControlAllowHeaders] = "content-type"
        return answer
    }
}
