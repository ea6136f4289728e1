internal import OpenSSL
internal import TransparencyLog

/// Whether an index is one of the history that a log has.
enum IndexCheck {
    /// Throws `IndexUnusable` unless the last entry of the index is the log's at that position.
    static func require(_ watermark: IndexWatermark, fits reader: LogReader) async throws {
        guard watermark.size > 0 else { return }
        guard watermark.size <= reader.checkpoint.signedTreeHead.head.size.value,
            let last = LeafIndex(watermark.size - 1)
        else { throw IndexUnusable("it has more entries than the log") }
        guard try await reader.entries(at: [last]).entries.first?.leafHash.bytes == watermark.leafHash else {
            throw IndexUnusable("it is of another history of the log")
        }
    }
}
