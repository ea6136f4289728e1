/// How a log is read.
package enum LogAPI: String, CaseIterable, Hashable, Sendable {
    /// The endpoints of RFC 6962 §4.
    case rfc6962
    /// Checkpoint, tiles and issuers (Static CT API).
    case tiles = "static"
}
