/// Why a configuration of the development provider was refused.
package enum ProviderConfigurationError: Error, Hashable, Sendable {
    /// The host is not on the loopback interface.
    case notLoopback(host: String)
    /// The port is outside 0 to 65535.
    case portOutOfRange(Int)
    /// The client identifier is empty.
    case emptyClientID
    /// The token lifetime is outside one second to one day.
    case lifetimeOutOfRange
}

extension ProviderConfigurationError: CustomStringConvertible {
    /// One sentence for the operator.
    package var description: String {
        switch self {
        case .notLoopback(let host):
            "the development issuer listens on loopback only (127.0.0.0/8, ::1, localhost), not on \(host)"
        case .portOutOfRange(let port): "the port must be 0 to 65535, not \(port)"
        case .emptyClientID: "the client identifier must not be empty"
        case .lifetimeOutOfRange: "the token lifetime must be one second to one day"
        }
    }
}
