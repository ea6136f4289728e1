/// Entries that do not lie side by side.
extension LogReader {
    /// The entries at these positions in the order given, until their records have reached `pageByteCount`.
    ///
    /// Answers at least the first one of them. Throws `Refusal.indexBeyondTree` for a position beyond the published
    /// head, or our own failure.
    package func entries(at indices: [LeafIndex]) async throws -> Page {
        let size = checkpoint.signedTreeHead.head.size
        guard indices.allSatisfy({ $0.value < size.value }) else { throw Refusal.indexBeyondTree }
        return try await store.read { [format] snapshot in
            var (entries, byteCount) = ([StoredEntry](), 0)
            for index in indices where byteCount < Self.pageByteCount {
                let found = try snapshot.entries(in: index.value..<(index.value + 1), byteCount: 1)
                guard let entry = found.first, entry.index == index else { throw MissingHash() }
                byteCount += entry.record.count
                entries.append(entry)
            }
            let attachments = try Self.attachments(of: entries, format: format, snapshot: snapshot)
            return Page(entries: entries, attachments: attachments, size: size)
        }
    }
}
