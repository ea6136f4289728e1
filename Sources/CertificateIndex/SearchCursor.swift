internal import OpenSSL

/// Where the next page of an answer begins; opaque to those who carry it from page to page.
///
/// Says for each log below which index the search goes on, so that entries which come meanwhile change no later page.
/// It is not secret, and one made up finds nothing that another query would not find.
package struct SearchCursor: Hashable, Sendable {
    /// The index below which each log is searched, by the first octets of the log's identifier; 0 when it is done.
    private(set) var bounds: [[UInt8]: UInt64]

    private static let version: UInt8 = 1
    private static let keyByteCount = 8
    private static let maximumCount = 64

    /// A cursor before which nothing was found.
    init() {
        bounds = [:]
    }

    /// Reads the text of a cursor; nil when it is none of ours.
    package init?(_ text: String) {
        guard text.utf8.count <= 4096, let bytes = Base64.decodeURLUnpadded(Array(text.utf8)),
            bytes.first == Self.version, bytes.count > 1, (bytes.count - 1).isMultiple(of: 16),
            (bytes.count - 1) / 16 <= Self.maximumCount
        else { return nil }
        bounds = [:]
        for start in stride(from: 1, to: bytes.count, by: 16) {
            let key = Array(bytes[start..<(start + Self.keyByteCount)])
            bounds[key] = bytes[(start + Self.keyByteCount)..<(start + 16)].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// The text that stands for it; logs that were searched to their beginning are left out.
    package var text: String {
        let pairs = bounds.filter { $0.value > 0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        return Base64.encodeURL(
            pairs.reduce(into: [Self.version]) { bytes, pair in
                bytes += pair.key
                bytes += stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: pair.value >> $0) }
            })
    }

    /// Whether every log was searched to its beginning.
    var isAtEnd: Bool { bounds.values.allSatisfy { $0 == 0 } }

    /// Below which index a log is to be searched; 0 for a log that the cursor does not name.
    subscript(logID: SHA256Digest) -> UInt64 {
        get { bounds[Array(logID.bytes.prefix(Self.keyByteCount))] ?? 0 }
        set { bounds[Array(logID.bytes.prefix(Self.keyByteCount))] = newValue }
    }
}
