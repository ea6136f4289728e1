internal import OpenSSL
package import TransparencyLog

/// One query over several logs, newest first over all of them.
package struct CertificateSearch: Sendable {
    /// Certificates with the logs they are in.
    package struct Page: Sendable {
        /// One certificate and the name of its log.
        package struct Item: Sendable {
            /// What was found.
            package let certificate: LoggedCertificate
            /// The log that it is in.
            package let origin: Origin
        }

        /// What was found, newest first; may be empty although there is more.
        package let items: [Item]

        /// Where the next page begins; nil when there is none.
        package let next: SearchCursor?

        /// How many entries all logs have in their indexes; the others are searched too, one by one.
        package let indexedSize: UInt64

        /// How many entries all logs have.
        package let treeSize: UInt64
    }

    private let logs: [SearchableLog]

    /// A search in logs; of certificates of the same time, those of the earlier log come first.
    package init(_ logs: [SearchableLog]) {
        self.logs = logs
    }

    /// The page of an answer that begins at a cursor, or the first one.
    ///
    /// A page whose effort is used up ends early and has a next one. `progress` is told after each step how many
    /// entries below which the log still is searched. Throws what reading the log throws.
    package func page(
        _ query: CertificateQuery, from cursor: SearchCursor? = nil, effort: SearchEffort,
        progress: (UInt64) throws -> Void = { _ in }
    ) async throws -> Page {
        let sizes = logs.map(\.reader.checkpoint.signedTreeHead.head.size.value)
        var found: [LogSearch.Found] = []
        for (log, size) in zip(logs, sizes) {
            let search = LogSearch(log: log, query: query, effort: effort)
            found.append(try await search.run(below: cursor?[log.logID] ?? size, progress: progress))
        }
        let newest = try await newestUnsearched(found)
        let sorted = found.enumerated().flatMap { place, found in found.certificates.map { (place: place, entry: $0) } }
            .sorted { Self.precedes($0, $1) }
        // What another log may still have before it has to wait for the next page.
        let items = sorted.prefix(effort.limit).prefix { item in
            zip(found.indices, newest).allSatisfy { $0 == item.place || $1.map { $0 <= item.entry.timestamp } ?? true }
        }
        var next = SearchCursor()
        for (place, log) in logs.enumerated() {
            let given = items.filter { $0.place == place }.count
            let withheld = found[place].certificates.dropFirst(given).first
            next[log.logID] = withheld.map { $0.index.value + 1 } ?? found[place].bound
        }
        return Page(
            items: items.map { Page.Item(certificate: $0.entry, origin: logs[$0.place].origin) },
            next: next.isAtEnd ? nil : next,
            indexedSize: zip(logs, sizes).reduce(0) { $0 + min($1.0.indexedSize, $1.1) },
            treeSize: sizes.reduce(0, +))
    }

    /// For each log when the newest entry was made that was not searched; nil when all were.
    private func newestUnsearched(_ found: [LogSearch.Found]) async throws -> [Timestamp?] {
        guard logs.count > 1 else { return [nil] }
        var times: [Timestamp?] = []
        for (log, found) in zip(logs, found) {
            times.append(found.bound == 0 ? nil : try await log.certificate(at: found.bound - 1)?.timestamp)
        }
        return times
    }

    private static func precedes(
        _ lhs: (place: Int, entry: LoggedCertificate), _ rhs: (place: Int, entry: LoggedCertificate)
    ) -> Bool {
        if lhs.entry.timestamp != rhs.entry.timestamp { return lhs.entry.timestamp > rhs.entry.timestamp }
        return (lhs.place, rhs.entry.index) < (rhs.place, lhs.entry.index)
    }
}
