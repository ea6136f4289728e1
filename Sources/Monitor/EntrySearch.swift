package import OpenSSL
package import TransparencyLog

/// Looks for an entry, newest first: a log has no index over what its entries say.
package struct EntrySearch: Sendable {
    /// What to look for.
    package enum Target: Hashable, Sendable {
        /// The position.
        case index(UInt64)
        /// The serial number as an unsigned number, most significant octet first, without leading zeros.
        case serial([UInt8])
        /// The SHA-256 of the certificate or precertificate that was submitted, or the leaf hash.
        case fingerprint(SHA256Digest)
    }

    private let source: any EntrySource
    private let head: TreeHead

    /// A search among the entries below a head.
    package init(_ source: any EntrySource, head: TreeHead) {
        (self.source, self.head) = (source, head)
    }

    /// The newest entry that fits, with the hash of its leaf; nil when there is none.
    ///
    /// `progress` is told how many entries were looked at, of how many. Throws what the source throws, and an
    /// `UnreadableEntry` when an entry that may be the one cannot be read.
    package func run(
        _ target: Target, progress: (_ position: UInt64, _ size: UInt64) -> Void
    ) async throws -> (entry: LoggedEntry, leafHash: SHA256Digest)? {
        let size = head.size.value
        if case .index(let index) = target {
            guard index < size else { return nil }
            let chunk = try await source.chunk(index..<(index + 1), in: head.size)
            return try Self.matches(in: chunk) { _, _ in true }
        }
        var end = size
        while end > 0 {
            let start = (end - 1) & ~255
            let chunk = try await source.chunk(start..<end, in: head.size)
            if let found = try Self.matches(in: chunk, { Self.fits($0, $1, target) }) { return found }
            end = start
            progress(size - end, size)
        }
        return nil
    }

    /// The last entry of a chunk that fits; throws its first finding when none does.
    private static func matches(
        in chunk: EntryChunk, _ fits: (LoggedEntry, SHA256Digest) -> Bool
    ) throws -> (entry: LoggedEntry, leafHash: SHA256Digest)? {
        for entry in chunk.entries.reversed() {
            let offset = Int(clamping: entry.index - chunk.first)
            guard chunk.leafHashes.indices.contains(offset) else { continue }
            if fits(entry, chunk.leafHashes[offset]) { return (entry, chunk.leafHashes[offset]) }
        }
        if let finding = chunk.findings.first { throw UnreadableEntry(finding: finding) }
        return nil
    }

    private static func fits(_ entry: LoggedEntry, _ leafHash: SHA256Digest, _ target: Target) -> Bool {
        switch target {
        case .index(let index): return entry.index == index
        case .fingerprint(let digest): return leafHash == digest || SHA256Digest(hashing: entry.submitted) == digest
        case .serial(let serial):
            guard let certificate = try? Certificate(der: entry.submitted) else { return false }
            return certificate.serialNumber.drop { $0 == 0 }.elementsEqual(serial)
        }
    }
}

/// An entry that may be the one that is looked for cannot be read.
package struct UnreadableEntry: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with it.
    package let finding: AuditFinding

    package var description: String { finding.description }
}
