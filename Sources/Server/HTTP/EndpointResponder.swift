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

    let endpoints: EndpointTable
    let limits: RequestLimits
    let metrics: CAMetrics
    let logger: Logger
    let proxies: TrustedProxies

    /// Whether pages of other origins may read the answers.
    var allowsOtherOrigins = true

    func respond(to request: Request, context: EndpointContext) async throws -> Response {
        let clock = ContinuousClock()
        let start = clock.now
        let body = BodyReader(request, bodies: limits.bodies, largeBodies: limits.largeBodies)
        let origin = RequestOrigin(
            requestID: RequestID.of(HTTPField.Name.xRequestID.flatMap { request.headers[values: $0].first }),
            address: proxies.client(of: context.remoteAddress, request.headers), transport: .http)
        let preflight = allowsOtherOrigins ? CrossOrigin.preflight(request.method, request.headers) : nil
        var (answer, isOver) =
            if let preflight { (preflight, isOver: false) } else { await routed(request, body, origin, start) }
        let rest = body.rest
        if isOver || rest == .long || rest == .lost, !context.isHTTP2 {
            context.endConnection(lingering: rest == .short || rest == .long)
            answer = answer.endingConnection
        }
        let duration = start.duration(to: clock.now)
        metrics.answered(status: answer.status.code, method: request.method.rawValue, duration: duration)
        logAccess(request, answer, duration, origin)
        return answer.response(isHead: request.method == .head)
    }

    /// The line of the access log; without the query and the headers, which may hold secrets.
    private func logAccess(_ request: Request, _ answer: Answer, _ duration: Duration, _ origin: RequestOrigin) {
        logger.debug(
            "request",
            metadata: [
                "method": "\(request.method.rawValue.prefix(32))", "path": "\(request.uri.path.prefix(256))",
                "status": "\(answer.status.code)", "duration": "\(duration)", "requestID": "\(origin.requestID)",
            ])
    }

    private func routed(
        _ request: Request, _ body: BodyReader, _ origin: RequestOrigin, _ start: ContinuousClock.Instant
    ) async -> (Answer, isOver: Bool) {
        let (answer, isOver) = await answer(to: request, body, origin, start)
        guard allowsOtherOrigins else { return (CrossOrigin.closed(answer), isOver) }
        return (CrossOrigin.marked(answer, hasOrigin: request.headers[.origin] != nil), isOver)
    }

    /// The answer, and whether the connection must end with it although the request was read.
    private func answer(
        to request: Request, _ body: BodyReader, _ origin: RequestOrigin, _ start: ContinuousClock.Instant
    ) async -> (Answer, isOver: Bool) {
        guard request.uri.string.hasPrefix("/") else {
            return (Answer(APIStatus(.invalidArgument, "Bad Request")), false)
        }
        guard let path = Self.decodedPath(request.uri.path) else {
            return (.text(.badRequest, "400 Bad Request"), true)
        }
        guard let endpoint = endpoints.endpoint(at: path) else { return (Answer(APIStatus.notFound), false) }
        if let refusal = endpoint.refusal(of: request.method) { return (refusal, false) }
        let authorization = request.headers[values: .authorization].first
        if let refusal = endpoint.stranger?(authorization) { return (refusal, false) }
        let permit = endpoint.limit?.enter()
        defer { permit?.leave() }
        if endpoint.limit != nil, permit == nil {
            metrics.failed("overloaded")
            return (Answer(.overloaded), false)
        }
        var logger = logger
        logger[metadataKey: "requestID"] = "\(origin.requestID)"
        let seen = EndpointRequest(
            path: path, query: request.uri.query ?? "", authorization: authorization, origin: origin, logger: logger,
            body: body, acceptEncoding: request.headers[.acceptEncoding],
            contentEncoding: request.headers[.contentEncoding])
        return (await inTime(request, start, logger) { await endpoint.answer(seen) }, false)
    }

    /// Runs an endpoint, and answers for it when it takes too long.
    private func inTime(
        _ request: Request, _ start: ContinuousClock.Instant, _ logger: Logger,
        _ work: @escaping @Sendable () async -> Answer
    ) async -> Answer {
        do throws(APIStatus) {
            let deadline = try RequestDeadline(start: start, timeout: request.headers[.grpcTimeout])
            if let answer = await deadline.run(work) { return answer }
            return Answer(metrics.late(logger))
        } catch {
            return Answer(error)
        }
    }

    /// The path with percent escapes decoded and leading slashes made one; nil for an invalid escape.
    ///
    /// An escaped slash stays escaped, so that it never separates segments.
    static func decodedPath(_ raw: String) -> String? {
        // Most paths hold nothing to decode.
        if raw.hasPrefix("/"), !raw.hasPrefix("//"), !raw.utf8.contains(UInt8(ascii: "%")) { return raw }
        guard let bytes = PercentEncoding.decode(raw.utf8, keepingSlashes: true) else { return nil }
        let slash = UInt8(ascii: "/")
        return String(validating: [slash] + bytes.drop { $0 == slash }, as: UTF8.self)
    }
}

extension HTTPField.Name {
    /// What the client calls its request (CA specification 1.8).
    static let xRequestID = Self("x-request-id")

    /// How long the client waits, of gRPC and of plain requests alike.
    static let grpcTimeout = Self("grpc-timeout") ?? .expires
}
