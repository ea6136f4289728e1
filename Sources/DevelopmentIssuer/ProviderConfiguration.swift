/// Where the development provider listens and what its tokens say by default.
package struct ProviderConfiguration: Hashable, Sendable {
    /// The loopback address to listen on.
    package let host: LoopbackHost
    /// The port to listen on; 0 takes a free one.
    package let port: Int
    /// The `aud` of tokens whose request names none.
    package let clientID: String
    /// Whole seconds from `iat` to `exp` in tokens whose request names no `exp`.
    package let lifetimeSeconds: UInt64

    /// Checks a configuration.
    ///
    /// Throws ``ProviderConfigurationError`` for a host off the loopback interface, a port outside 0 to 65535, an
    /// empty client identifier, or a lifetime outside one second to one day. Fractions of a second are cut off.
    package init(
        host: String = "127.0.0.1",
        port: Int = 0,
        clientID: String = "sigstore",
        lifetime: Duration = .seconds(600)
    ) throws(ProviderConfigurationError) {
        guard let loopback = LoopbackHost(host) else { throw .notLoopback(host: host) }
        guard (0...65_535).contains(port) else { throw .portOutOfRange(port) }
        guard !clientID.isEmpty else { throw .emptyClientID }
        guard let seconds = UInt64(exactly: lifetime.components.seconds), (1...86_400).contains(seconds) else {
            throw .lifetimeOutOfRange
        }
        self.host = loopback
        self.port = port
        self.clientID = clientID
        self.lifetimeSeconds = seconds
    }
}
