internal import Synchronization

/// Identifiers that tie the log lines of one request together.
enum RequestID {
    private static let counter = Atomic<UInt64>(0)

    /// An identifier that is unique within the process.
    static func next() -> String {
        String(counter.add(1, ordering: .relaxed).newValue, radix: 36)
    }
}
