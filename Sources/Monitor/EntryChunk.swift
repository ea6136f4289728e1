internal import CertificateTransparency
package import OpenSSL
internal import TransparencyLog

/// Neighbouring entries that came in one go, as far as they could be read.
package struct EntryChunk: Hashable, Sendable {
    /// The position of the first.
    package let first: UInt64

    /// The hash of each leaf whose bytes could be told, in order.
    package private(set) var leafHashes: [SHA256Digest] = []

    /// The entries that could be read, in order.
    package private(set) var entries: [LoggedEntry] = []

    /// What could not.
    package private(set) var findings: [AuditFinding] = []

    /// Reads `count` records of a data tile that come one after the other from the position `first`.
    ///
    /// `skipped` records are passed over in front. An unreadable record hides all those after it, because no record
    /// says how long it is (transparency-log 2.3.3). With `isWhole` nothing may follow the last.
    package init(first: UInt64, count: Int, dataTile bytes: [UInt8], skipping skipped: Int = 0, isWhole: Bool) {
        self.first = first
        var reader = TLSReader(bytes)
        for place in 0..<(skipped + count) {
            let index = first + UInt64(place) - UInt64(skipped)
            do {
                let record = try TileLeaf(reading: &reader)
                guard place >= skipped else { continue }
                leafHashes.append(try record.leaf.hash())
                entries.append(
                    LoggedEntry(
                        index: index, leaf: record.leaf, precertificate: record.precertificate,
                        chain: .fingerprints(record.fingerprints)))
            } catch {
                findings.append(
                    AuditFinding(index: max(index, first), "the record in its data tile cannot be read: \(error)"))
                return
            }
        }
        if isWhole, !reader.isAtEnd {
            findings.append(
                AuditFinding(index: first + UInt64(count) - 1, "octets follow the last record of its data tile"))
        }
    }

    /// A chunk of what `get-entries` gave from the position `first` on, an item for each entry.
    package init(first: UInt64, items: [(leafInput: [UInt8], extraData: [UInt8])]) {
        self.first = first
        for (offset, item) in items.enumerated() {
            let index = first + UInt64(offset)
            leafHashes.append(MerkleTree.leafHash(of: item.leafInput))
            do {
                entries.append(try LoggedEntry(index: index, leafInput: item.leafInput, extraData: item.extraData))
            } catch {
                findings.append(AuditFinding(index: index, "leaf_input or extra_data cannot be read: \(error)"))
            }
        }
    }
}

extension LoggedEntry {
    /// Reads what RFC 6962 gives for one entry; throws `TLSDecodingError`.
    init(index: UInt64, leafInput: [UInt8], extraData: [UInt8]) throws {
        let leaf = try MerkleTreeLeaf(parsing: leafInput)
        let isPrecertificate = if case .precertEntry = leaf.entry { true } else { false }
        let extra = try ExtraData.parse(extraData, isPrecertificate: isPrecertificate)
        self.init(
            index: index, leaf: leaf, precertificate: extra.precertificate, chain: .certificates(extra.chain))
    }
}
