internal import Synchronization

/// Identifiers that tie the log lines of one request together (CA specification 1.8).
enum RequestID {
    /// The most characters that are kept of an identifier from outside.
    static let maximumCount = 128

    private static let counter = Atomic<UInt64>(0)

    /// An identifier that is unique within the process.
    static func next() -> String {
        String(counter.add(1, ordering: .relaxed).newValue, radix: 36)
    }

    /// What the client calls its request, as far as it can be printed; one of ours when it has no name for it.
    static func of(_ header: String?) -> String {
        let printable = (header ?? "").utf8.filter { (0x21...0x7E).contains($0) }.prefix(maximumCount)
        return printable.isEmpty ? next() : String(decoding: printable, as: UTF8.self)
    }
}
