internal import Identity

/// An address and port to listen on; port 0 takes a free one.
package struct ListenAddress: Hashable, Sendable {
    /// A host name or address.
    package let host: String

    /// From 0 to 65535.
    package let port: Int

    /// An address that nobody listens on yet.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Whether only this machine can reach it.
    var isLoopback: Bool {
        host == "localhost" || IPAddress(text: host)?.reach == .loopback
    }
}
