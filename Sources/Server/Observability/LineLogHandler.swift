package import Logging
import Glibc
internal import OpenSSL
internal import StrictJSON

/// Writes log events, one a line: a JSON object, or plain text when a person looks on (CA specification 8.4).
///
/// A line has at most 8 KiB. Where a value had to be cut, an ellipsis stands at its end.
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

    /// The longest line with its end, in octets (reliability section 3).
    static let maximumLineByteCount = 8 * 1024

    /// The longest value of a line that has room for it, in octets before escaping.
    private static let maximumValueByteCount = 2 * 1024

    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level = .info
    private let format: Format
    private let writer: LineWriter

    /// A handler for one form of line, on standard error.
    package init(format: Format) {
        self.init(format: format, writer: .standardError)
    }

    /// A handler for a type of log, at that type's level.
    package init(type: LogType) {
        switch type {
        case .automatic: self.init(format: .forStandardError)
        case .dev: self.init(format: .text, writer: .standardOutput)
        case .prod: self.init(format: .json)
        }
        logLevel = type.level
    }

    private init(format: Format, writer: LineWriter) {
        self.format = format
        self.writer = writer
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata.merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { all["error"] = "\(error)" }
        let fields = all.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        writer.write(Self.line(format, event.level, "\(event.message)", fields, at: Timestamp.now()))
    }

    /// The octets of one line without its end, within the limit.
    static func line(
        _ format: Format, _ level: Logger.Level, _ message: String, _ fields: [(String, String)], at time: Timestamp
    ) -> [UInt8] {
        var limit = maximumValueByteCount
        while true {
            let line =
                switch format {
                case .json: json(level, message, fields, at: time, limit)
                case .text: text(level, message, fields, at: time, limit)
                }
            // Escaping may make six octets of one, so the length is only known afterwards.
            if line.count < maximumLineByteCount { return line }
            guard limit > 1 else { return Array(line.prefix(maximumLineByteCount - 1)) }
            limit /= 2
        }
    }

    private static func json(
        _ level: Logger.Level, _ message: String, _ fields: [(String, String)], at time: Timestamp, _ limit: Int
    ) -> [UInt8] {
        let severity = level == .warning ? "warn" : level.rawValue
        var members: [JSONMember] = [
            JSONMember(name: "time", value: .string(time.rfc3339)),
            JSONMember(name: "severity", value: .string(severity)),
            JSONMember(name: "message", value: .string(cut(message, limit))),
        ]
        let reserved = members.map(\.name)
        for (name, value) in fields {
            members.append(
                JSONMember(name: reserved.contains(name) ? "_\(name)" : name, value: .string(cut(value, limit))))
        }
        return JSONText(.object(members)).line
    }

    private static func text(
        _ level: Logger.Level, _ message: String, _ fields: [(String, String)], at time: Timestamp, _ limit: Int
    ) -> [UInt8] {
        let values = fields.map { " \($0.0)=\(cut($0.1, limit).debugQuoted)" }.joined()
        return Array("\(time.rfc3339) \(level.rawValue): \(cut(message, limit).debugQuoted)\(values)".utf8)
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        return String(decoding: text.utf8.prefix(limit), as: UTF8.self) + "…"
    }
}
