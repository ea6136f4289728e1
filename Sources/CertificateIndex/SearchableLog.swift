package import OpenSSL
package import TransparencyLog

/// A log that can be searched, with its index if there is one.
package struct SearchableLog: Sendable {
    /// The log's name.
    package let origin: Origin

    /// What makes the log unique.
    package let logID: SHA256Digest

    /// Reads its entries below the published head.
    package let reader: LogReader

    let index: CurrentIndex

    /// A log whose entries are read one by one for every query.
    package init(origin: Origin, logID: SHA256Digest, reader: LogReader) {
        self.init(origin: origin, logID: logID, reader: reader, index: CurrentIndex())
    }

    init(origin: Origin, logID: SHA256Digest, reader: LogReader, index: CurrentIndex) {
        (self.origin, self.logID, self.reader, self.index) = (origin, logID, reader, index)
    }

    /// The log with the index that lies in a file, if that is whole and of this log; the file is only read.
    package func using(indexAt path: String) async -> SearchableLog {
        let identity = IndexDatabase.Identity(origin: origin, logID: logID)
        guard let database = try? await IndexDatabase.open(path, of: identity, isReadOnly: true),
            let watermark = try? await database.watermark(),
            (try? await IndexCheck.require(watermark, fits: reader)) != nil
        else { return self }
        let index = CurrentIndex()
        index.use(database, size: watermark.size)
        return SearchableLog(origin: origin, logID: logID, reader: reader, index: index)
    }

    /// The number of entries that are in the index.
    package var indexedSize: UInt64 { index.state.size }

    /// Where the index of the log with this database is.
    package static func indexPath(besideLog database: String) -> String { "\(database)-index" }

    /// The entry at a position; nil when the published tree has none.
    package func certificate(at index: UInt64) async throws -> LoggedCertificate? {
        guard let index = LeafIndex(index), index.value < reader.checkpoint.signedTreeHead.head.size.value else {
            return nil
        }
        return try await certificates(at: [index]).first
    }

    /// The entries at positions, in the order given, as far as one page has room.
    func certificates(at indices: [LeafIndex]) async throws -> [LoggedCertificate] {
        let page = try await reader.entries(at: indices)
        return try page.entries.map { try LoggedCertificate($0, attachments: page.attachments) }
    }

    /// The number of entries that are older than a time: their timestamps never decrease (transparency-log 3.4 W5).
    func count(before time: Timestamp, of size: UInt64) async throws -> UInt64 {
        var (low, high) = (UInt64(0), size)
        while low < high {
            let middle = low + (high - low) / 2
            guard let entry = try await certificate(at: middle) else { return low }
            if entry.timestamp < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
