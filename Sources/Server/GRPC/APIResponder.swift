internal import HTTPTypes
internal import Hummingbird

/// The responder of every port of the API: calls of gRPC go to its methods, everything else to the endpoints.
///
/// Over HTTP/1.1 nothing is a call, as every body is JSON there whatever its content type says (CA specification 1.4).
struct APIResponder: HTTPResponder {
    typealias Context = EndpointContext

    let endpoints: EndpointResponder
    let calls: GRPCResponder

    func respond(to request: Request, context: EndpointContext) async throws -> Response {
        guard context.isHTTP2, GRPCResponder.isCall(request) else {
            return try await endpoints.respond(to: request, context: context)
        }
        let address = endpoints.proxies.client(of: context.remoteAddress, request.headers)
        return await calls.respond(to: request, from: address)
    }
}
