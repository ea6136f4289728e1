/// Where a signing request came from, for the audit stream.
struct RequestOrigin: Hashable, Sendable {
    /// How it came.
    enum Transport: String, Hashable, Sendable {
        case http
        case grpc
    }

    /// The request's identifier, which its log lines carry as well.
    let requestID: String

    /// The address of whoever opened the connection, without its port, or of the client of a trusted proxy; nil when it
    /// is not known.
    let address: String?

    /// How it came.
    let transport: Transport
}
