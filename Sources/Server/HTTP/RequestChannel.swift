internal import HummingbirdCore

/// What requests come on, one at a time: a connection of HTTP/1.1, or a stream of HTTP/2.
struct RequestChannel: Sendable {
    /// The heads and bodies of requests, and those of their answers.
    let parts: HTTP1Channel.Value

    /// Who tells when the client leaves.
    let departure: ClientDeparture
}
