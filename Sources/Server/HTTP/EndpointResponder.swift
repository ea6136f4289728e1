internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import OpenSSL

/// Finds the endpoint of a request by its exact path and answers within the time that a request may take.
///
/// The library's router would take a trailing or doubled slash for none; Fulcio's clients and auditors are promised
/// that they are 404, but for doubled slashes at the start, which one client sends.
struct EndpointResponder: HTTPResponder {
    typealias Context = EndpointContext

    /// The longest that a request may take from its first byte to its answer.
    private static let budget: Duration = .seconds(55)

    let endpoints: [String: Endpoint]
    let limits: RequestLimits
    let metrics: CAMetrics
    let logger: Logger

    func respond(to request: Request, context: EndpointContext) async throws -> Response {
        let clock = ContinuousClock()
        let start = clock.now
        let body = BodyReader(request, largeBodies: limits.largeBodies)
        let preflight = CrossOrigin.preflight(request.method, request.headers)
        var (answer, isOver) =
            if let preflight { (preflight, isOver: false) } else { await routed(request, body, context.source) }
        if isOver || body.leavesRest {
            context.endConnection()
            answer = answer.endingConnection
        }
        metrics.answered(
            status: answer.status.code, method: request.method.rawValue, duration: start.duration(to: clock.now))
        return answer.response(isHead: request.method == .head)
    }

    private func routed(
        _ request: Request, _ body: BodyReader, _ source: String?
    ) async -> (Answer, isOver: Bool) {
        let (answer, isOver) = await answer(to: request, body, source)
        return (CrossOrigin.marked(answer, hasOrigin: request.headers[.origin] != nil), isOver)
    }

    /// The answer, and whether the connection must end with it although the request was read.
    private func answer(
        to request: Request, _ body: BodyReader, _ source: String?
    ) async -> (Answer, isOver: Bool) {
        guard request.uri.string.hasPrefix("/") else {
            return (Answer(APIStatus(.invalidArgument, "Bad Request")), false)
        }
        guard let path = Self.decodedPath(request.uri.path) else {
            return (.text(.badRequest, "400 Bad Request"), true)
        }
        guard let endpoint = endpoints.endpoint(at: path) else { return (Answer(APIStatus.notFound), false) }
        if let refusal = endpoint.refusal(of: request.method) { return (refusal, false) }
        let permit = endpoint.limit?.enter()
        defer { permit?.leave() }
        if endpoint.limit != nil, permit == nil {
            metrics.failed("overloaded")
            return (Answer(.overloaded), false)
        }
        return (await withinBudget { await endpoint.answer(endpointRequest(request, path, body, source)) }, false)
    }

    private func endpointRequest(
        _ request: Request, _ path: String, _ body: BodyReader, _ source: String?
    ) -> EndpointRequest {
        var logger = logger
        logger[metadataKey: "request.id"] = "\(RequestID.next())"
        return EndpointRequest(
            path: path, query: request.uri.query ?? "", authorization: request.headers[values: .authorization].first,
            logger: logger, body: body, acceptEncoding: request.headers[.acceptEncoding],
            contentEncoding: request.headers[.contentEncoding], source: source)
    }

    /// Runs an endpoint, and answers for it when it takes too long; what it began is cancelled, never undone.
    private func withinBudget(_ work: @escaping @Sendable () async -> Answer) async -> Answer {
        await withTaskGroup(of: Answer?.self) { group in
            group.addTask { await work() }
            group.addTask {
                try? await Task.sleep(for: Self.budget)
                guard !Task.isCancelled else { return nil }
                metrics.failed("deadline-exceeded")
                return Answer(.deadlineExceeded)
            }
            defer { group.cancelAll() }
            while let answer = await group.next() {
                if let answer { return answer }
            }
            return Answer(.internalError)
        }
    }

    /// The path with percent escapes decoded and leading slashes made one; nil for an invalid escape.
    ///
    /// An escaped slash stays escaped, so that it never separates segments.
    static func decodedPath(_ raw: String) -> String? {
        guard let bytes = PercentEncoding.decode(raw.utf8, keepingSlashes: true) else { return nil }
        let slash = UInt8(ascii: "/")
        return String(validating: [slash] + bytes.drop { $0 == slash }, as: UTF8.self)
    }
}
