package import StrictJSON

/// Why an issuer's documents could not be had.
///
/// Carries nothing of what the other side sent but its status number.
package enum FetchFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case hostNotFound
    case addressRefused
    case unreachable(String)
    case timedOut
    case status(UInt)
    case redirectRefused
    case tooManyRedirects(limit: Int)
    case contentEncoded
    case bodyTooLarge(limit: Int)
    case notJSON(JSONError)
    case issuerMismatch
    case keysAddressRefused
    case noUsableKey
    case trustFileUnreadable

    /// The failure in words for a log line.
    package var description: String {
        switch self {
        case .hostNotFound: "the host has no address"
        case .addressRefused: "the host is at an address that is not allowed"
        case .unreachable(let cause): "the connection failed: \(cause)"
        case .timedOut: "the answer took too long"
        case .status(let code): "the answer has status \(code)"
        case .redirectRefused: "a redirect leads to another server"
        case .tooManyRedirects(let limit): "more than \(limit) redirects"
        case .contentEncoded: "the answer is compressed, which was not asked for"
        case .bodyTooLarge(let limit): "the answer is longer than \(limit) bytes"
        case .notJSON(let cause): "the answer cannot be read: \(cause)"
        case .issuerMismatch: "the discovery document names another issuer"
        case .keysAddressRefused: "the discovery document names no acceptable address for keys"
        case .noUsableKey: "the key set has no usable key"
        case .trustFileUnreadable: "the trust file of the cluster is missing or has no certificate"
        }
    }
}
