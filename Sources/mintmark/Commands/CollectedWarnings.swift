internal import Logging
internal import Synchronization

/// A log that keeps what it is warned of, for a report.
final class CollectedWarnings: LogHandler, Sendable {
    private let details = Mutex<[String]>([])

    /// One sentence a warning, in the order of their coming.
    var sentences: [String] { details.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .warning }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let detail = event.metadata?["detail"].map { "\($0)" } ?? "\(event.message)"
        details.withLock { $0.append(detail) }
    }
}
