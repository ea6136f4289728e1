/// Where log lines go, and in which form (CA specification 8.4).
package enum LogType: String, Sendable {
    /// Standard error: text when that is a terminal, JSON otherwise.
    case automatic
    /// Text on standard output.
    case dev
    /// JSON on standard error.
    case prod
}
