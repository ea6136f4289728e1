package import Logging

/// How log lines are written (CA specification 8.4).
package enum LogType: String, CaseIterable, Sendable {
    /// On standard error: text when that is a terminal, JSON otherwise.
    case automatic

    /// Text on standard output, for people who develop.
    case dev

    /// One JSON object a line on standard error.
    case prod

    /// The least severe lines that are written when nobody asks for other ones.
    package var level: Logger.Level {
        switch self {
        case .automatic: .notice
        case .dev: .debug
        case .prod: .info
        }
    }
}
