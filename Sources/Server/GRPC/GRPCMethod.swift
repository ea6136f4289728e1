/// One method of a service, with what it does.
struct GRPCMethod: Sendable {
    /// How many messages go each way, as the metrics name it.
    enum Kind: String, Sendable {
        case unary
        case serverStream = "server_stream"
    }

    /// The full name of the service, such as `grpc.health.v1.Health`.
    let service: String

    /// The name within the service.
    let name: String

    let kind: Kind

    /// Reads the call's message and answers with one in its binary form.
    let answer: @Sendable (GRPCCall) async throws(APIStatus) -> [UInt8]

    /// The path of its calls.
    var path: String { "/\(service)/\(name)" }
}
