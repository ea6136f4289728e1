internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// Answers unary gRPC calls over HTTP/2 (gRPC over HTTP/2; CA specification 1.1 and 1.7).
struct GRPCResponder: Sendable {
    private static let contentType = "application/grpc"
    private static let protobufContentTypes = [contentType, "\(contentType)+proto"]

    private let methods: [String: GRPCMethod]
    private let services: Set<String>
    private let limits: RequestLimits
    private let metrics: GRPCMetrics
    private let failures: CAMetrics
    private let logger: Logger

    init(_ methods: [GRPCMethod], limits: RequestLimits, metrics: GRPCMetrics, failures: CAMetrics, logger: Logger) {
        self.methods = Dictionary(methods.map { ($0.path, $0) }) { first, _ in first }
        services = Set(methods.map(\.service))
        self.limits = limits
        self.metrics = metrics
        self.failures = failures
        self.logger = logger
    }

    /// Whether a request that came over HTTP/2 is a call: its content type says so.
    static func isCall(_ request: Request) -> Bool {
        guard let type = request.headers[.contentType], type.hasPrefix(contentType) else { return false }
        return ["+", ";", nil].contains(type.dropFirst(contentType.count).first)
    }

    /// The answer to a call, whatever becomes of it; `address` is that of the client, as far as it is known.
    func respond(to request: Request, from address: String?) async -> Response {
        let start = ContinuousClock.now
        guard request.method == .post else {
            return failure(APIStatus(.internalError, "grpc: a call is a POST request"), .methodNotAllowed)
        }
        let type = request.headers[.contentType].map { String($0.prefix { $0 != ";" }) } ?? ""
        guard Self.protobufContentTypes.contains(type) else {
            return failure(
                APIStatus(.unimplemented, "grpc: messages are in the protobuf format alone"), .unsupportedMediaType)
        }
        do throws(APIStatus) {
            let method = try method(request.uri.path)
            return success(try await call(method, request, from: address, start), type)
        } catch {
            return failure(error)
        }
    }

    private func call(
        _ method: GRPCMethod, _ request: Request, from address: String?, _ start: ContinuousClock.Instant
    ) async throws(APIStatus) -> [UInt8] {
        metrics.started(method)
        let result: Result<[UInt8], APIStatus>
        do throws(APIStatus) {
            let deadline = try RequestDeadline(start: start, timeout: request.headers[.grpcTimeout])
            let body = BodyReader(request, bodies: limits.bodies, largeBodies: limits.largeBodies)
            let call = GRPCCall(request, from: address, body: body, logger: logger) { metrics.received(method) }
            result = await deadline.run { await Self.result(method, call) } ?? .failure(failures.late(call.logger))
        } catch {
            result = .failure(error)
        }
        switch result {
        case .success: metrics.sent(method)
        case .failure(let status): metrics.handled(method, status.code)
        }
        return try result.get()
    }

    private static func result(_ method: GRPCMethod, _ call: GRPCCall) async -> Result<[UInt8], APIStatus> {
        do throws(APIStatus) {
            return .success(try await method.answer(call))
        } catch {
            return .failure(error)
        }
    }

    private func method(_ path: String) throws(APIStatus) -> GRPCMethod {
        if let method = methods[path] { return method }
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard path.first == "/", let name = parts.last, parts.count > 1 else {
            throw APIStatus(.unimplemented, "malformed method name")
        }
        let service = parts.dropLast().joined(separator: "/")
        throw services.contains(service)
            ? APIStatus(.unimplemented, "unknown method \(name.prefix(256)) for service \(service)")
            : APIStatus(.unimplemented, "unknown service \(service.prefix(256))")
    }

    private func success(_ message: [UInt8], _ type: String) -> Response {
        Response(
            status: .ok, headers: Self.head(type),
            body: ResponseBody { writer in
                try await writer.write(GRPCMessage.framed(message))
                try await writer.finish(GRPCStatus.success)
            })
    }

    /// The fields of the status are those of the head: there is nothing between it and the end.
    private func failure(_ status: APIStatus, _ httpStatus: HTTPResponse.Status = .ok) -> Response {
        Response(status: httpStatus, headers: Self.head(Self.contentType) + GRPCStatus.fields(status))
    }

    private static func head(_ type: String) -> HTTPFields {
        [.contentType: type, GRPCStatus.name("grpc-accept-encoding"): "identity"]
    }
}
