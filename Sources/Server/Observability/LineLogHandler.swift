package import Logging
import Glibc
internal import OpenSSL
internal import StrictJSON

/// Writes log events: one JSON object a line, or plain text for a person.
package struct LineLogHandler: LogHandler {
    /// The form of a line.
    package enum Format: Sendable {
        /// One JSON object with `severity`, `message`, `time`, and the metadata by name.
        case json
        /// Time, level, message and metadata as text.
        case text

        /// Text when standard error is a terminal, JSON otherwise.
        package static var forStandardError: Format { isatty(STDERR_FILENO) == 1 ? .text : .json }
    }

    /// The longest value of a line, in octets; what is longer is cut.
    private static let maximumValueByteCount = 2 * 1024

    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level = .info
    private let format: Format
    private let writer: LineWriter

    /// A handler for one form of line.
    package init(format: Format) {
        (self.format, writer) = (format, .standardError)
    }

    /// A handler for one kind of log.
    package init(type: LogType) {
        switch type {
        case .automatic: (format, writer) = (.forStandardError, .standardError)
        case .dev: (format, writer) = (.text, .standardOutput)
        case .prod: (format, writer) = (.json, .standardError)
        }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata.merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { all["error"] = "\(error)" }
        let fields = all.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        let message = "\(event.message)"
        let line =
            switch format {
            case .json: Self.json(event.level, message, fields)
            case .text: Self.text(event.level, message, fields)
            }
        writer.write(line)
    }

    private static func json(_ level: Logger.Level, _ message: String, _ fields: [(String, String)]) -> [UInt8] {
        let severity = level == .warning ? "warn" : level.rawValue
        let head: [JSONMember] = [
            JSONMember(name: "time", value: .string(Timestamp.now().rfc3339)),
            JSONMember(name: "severity", value: .string(severity)),
            JSONMember(name: "message", value: .string(message)),
        ]
        let reserved = Set(head.map(\.name))
        let rest = fields.map {
            JSONMember(name: reserved.contains($0.0) ? "_\($0.0)" : $0.0, value: .string(cut($0.1)))
        }
        return JSONText(.object(head + rest)).bytes
    }

    private static func text(_ level: Logger.Level, _ message: String, _ fields: [(String, String)]) -> [UInt8] {
        let values = fields.map { " \($0.0)=\($0.1.debugQuoted)" }.joined()
        return Array(cut("\(Timestamp.now().rfc3339) \(level.rawValue): \(message.debugQuoted)\(values)").utf8)
    }

    /// Cuts a value so that no event can flood the log.
    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumValueByteCount else { return text }
        return String(decoding: text.utf8.prefix(maximumValueByteCount), as: UTF8.self) + "…"
    }
}
