package import OpenSSL

/// Answers questions about the tree below the published head, each from one snapshot (transparency-log 1.3.12, I11).
package struct LogReader: Sendable {
    /// Why a question has no answer; whoever asked can do something about it.
    package enum Refusal: Error, Hashable, Sendable {
        /// A tree of size 0 has no proofs.
        case treeSizeIsZero
        /// The tree has not (yet) grown to that size.
        case treeSizeBeyondHead
        /// No leaf below that size has this hash.
        case unknownLeafHash
        /// The first position asked for is after the last.
        case startAfterEnd
        /// The tree has not (yet) grown to the first position asked for.
        case startBeyondHead
        /// A consistency proof leads from a tree to one that is no smaller.
        case firstAfterSecond
        /// A tree of that size has no entry at the position asked for.
        case indexBeyondTree
        /// The tree has not (yet) grown to all of the tile.
        case tileBeyondHead
    }

    /// A range of entries with what they refer to.
    package struct Page: Hashable, Sendable {
        /// The entries, in order.
        package let entries: [StoredEntry]
        /// Everything that one of the entries refers to, by digest.
        package let attachments: [SHA256Digest: [UInt8]]
        /// The size of the tree at the time.
        package let size: TreeSize
    }

    /// The most entries of one page.
    package static let maximumPageCount: UInt64 = 1000

    /// Bytes of records after which a page ends: more do not fit into an answer of 2 MiB, because Base64 adds a third.
    package static let pageByteCount = 3 << 19

    let store: any LogSource
    private let published: PublishedHead
    let format: RecordFormat
    private let alignsPages: Bool

    /// A reader of a store below the published head; for `alignsPages` see `clamp`.
    package init(store: any LogSource, published: PublishedHead, format: RecordFormat, alignsPages: Bool = false) {
        (self.store, self.published, self.format) = (store, published, format)
        self.alignsPages = alignsPages
    }

    /// The same log below the same published head, read through another source.
    package func reading(_ source: any LogSource) -> LogReader {
        LogReader(store: source, published: published, format: format, alignsPages: alignsPages)
    }

    /// The published head.
    package var checkpoint: Checkpoint { published.checkpoint }

    /// The newest committed head, which no answer may reveal unless it is published.
    package var newestCommitted: Checkpoint { published.newest }

    /// The published head with the cosignatures of witnesses.
    package var cosigned: (checkpoint: Checkpoint, cosignatures: [Cosignature]) { published.cosigned }

    /// The room on the volume that the log lies on; nil when unknown.
    package var space: VolumeSpace? { store.space() }

    /// The position of a leaf and the proof that it is in the tree of `size` leaves.
    ///
    /// Throws `Refusal`, or our own failure.
    package func inclusionProof(
        ofLeafHash hash: SHA256Digest, in size: TreeSize
    ) async throws -> (index: LeafIndex, proof: InclusionProof) {
        let head = checkpoint.signedTreeHead.head
        guard size > .zero else { throw Refusal.treeSizeIsZero }
        guard size <= head.size else { throw Refusal.treeSizeBeyondHead }
        return try await store.read { snapshot in
            guard let index = try snapshot.index(ofLeafHash: hash), index.value < size.value else {
                throw Refusal.unknownLeafHash
            }
            var reader = HashReader(size: size) { try snapshot.tile(level: $0, index: $1) }
            return (index, try InclusionProof(of: index, in: size, reader: &reader))
        }
    }

    /// The proof that the tree of `first` leaves is the beginning of the tree of `second` leaves.
    ///
    /// Any sizes up to the published one, heads of their own or not. Throws `Refusal`, or our own failure.
    package func consistencyProof(from first: TreeSize, to second: TreeSize) async throws -> ConsistencyProof {
        guard first <= second else { throw Refusal.firstAfterSecond }
        guard second <= checkpoint.signedTreeHead.head.size else { throw Refusal.treeSizeBeyondHead }
        return try await store.read { snapshot in
            var reader = HashReader(size: second) { try snapshot.tile(level: $0, index: $1) }
            return try ConsistencyProof(from: first, to: second, reader: &reader)
        }
    }

    /// The entries from `start` to `end`, both included, as far as there are any and one page has room.
    ///
    /// There is always at least one, and the first is the one at `start`. Throws `Refusal`, or our own failure.
    package func page(from start: UInt64, through end: UInt64) async throws -> Page {
        let size = checkpoint.signedTreeHead.head.size
        let range = try Self.clamp(from: start, through: end, size: size, isAligned: alignsPages)
        return try await store.read { [format] snapshot in
            let entries = try snapshot.entries(in: range, byteCount: Self.pageByteCount)
            guard entries.first?.index.value == start else { throw MissingHash() }
            let attachments = try Self.attachments(of: entries, format: format, snapshot: snapshot)
            return Page(entries: entries, attachments: attachments, size: size)
        }
    }

    /// The entry at a position with the proof that it is in the tree of `size` leaves, both from one snapshot.
    ///
    /// Throws `Refusal`, or our own failure.
    package func entryAndProof(at index: UInt64, in size: TreeSize) async throws -> (page: Page, proof: InclusionProof)
    {
        let head = checkpoint.signedTreeHead.head
        guard size > .zero else { throw Refusal.treeSizeIsZero }
        guard index < size.value, let index = LeafIndex(index) else { throw Refusal.indexBeyondTree }
        guard size <= head.size else { throw Refusal.treeSizeBeyondHead }
        return try await store.read { [format] snapshot in
            let entries = try snapshot.entries(in: index.value..<(index.value + 1), byteCount: 1)
            guard entries.first?.index == index else { throw MissingHash() }
            let attachments = try Self.attachments(of: entries, format: format, snapshot: snapshot)
            var reader = HashReader(size: size) { try snapshot.tile(level: $0, index: $1) }
            let proof = try InclusionProof(of: index, in: size, reader: &reader)
            return (Page(entries: entries, attachments: attachments, size: size), proof)
        }
    }

    static func attachments(
        of entries: [StoredEntry], format: RecordFormat, snapshot: any LogSnapshot
    ) throws -> [SHA256Digest: [UInt8]] {
        var attachments: [SHA256Digest: [UInt8]] = [:]
        for digest in try entries.flatMap({ try format.parse($0.record).attachments })
        where attachments[digest] == nil {
            guard let bytes = try snapshot.attachment(digest) else { throw MissingHash() }
            attachments[digest] = bytes
        }
        return attachments
    }

    /// The positions that a request for a range gets (transparency-log 1.3.7).
    ///
    /// An end beyond the tree is cut, never refused: clients ask past the end. With `isAligned`, whoever asks for a
    /// whole page or more gets no more than up to the next multiple of `maximumCount`, so that all crawlers come to ask
    /// for the same ranges, which caches then have.
    package static func clamp(
        from start: UInt64, through end: UInt64, size: TreeSize,
        maximumCount: UInt64 = LogReader.maximumPageCount, isAligned: Bool = false
    ) throws(Refusal) -> Range<UInt64> {
        guard start <= end else { throw .startAfterEnd }
        guard start < size.value else { throw .startBeyondHead }
        let (wanted, available) = (end - start, size.value - start)
        let asked = wanted < .max ? wanted + 1 : .max
        let count = min(asked, available, maximumCount)
        guard isAligned, asked >= maximumCount, maximumCount > 0 else { return start..<(start + count) }
        return start..<(start + min(count, maximumCount - start % maximumCount))
    }
}
