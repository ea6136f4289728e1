internal import CertificateIndex
internal import CertificateTransparency
internal import Server
internal import StrictJSON
internal import TransparencyLog

/// Searches the files of one or all shards of a log, which a server may have open; nothing in them is changed.
///
/// Beside a log at rest SQLite may leave an empty write-ahead log and its shared memory, which the next start takes up.
/// The server's index is used where it is whole; entries that it lacks are read one by one.
struct StoredSearch: SearchSource {
    private let sources: [SQLiteLogSource]
    private let logs: [SearchableLog]
    private let query: CertificateQuery
    private let progress: ProgressLine

    /// A search in the log of a data directory or backup as it is now; in all shards unless one is named.
    init(
        _ directory: DataDirectory, shard: String?, _ query: CertificateQuery, progress: ProgressLine
    ) async throws {
        var (sources, logs) = ([SQLiteLogSource](), [SearchableLog]())
        for stored in try StoredLog.some(directory, shard: shard) {
            let source = try stored.source()
            sources.append(source)
            let parameters = stored.parameters
            logs.append(
                await SearchableLog(
                    origin: parameters.origin, logID: parameters.logID, reader: try await source.reader()
                ).using(indexAt: SearchableLog.indexPath(besideLog: stored.database)))
        }
        (self.sources, self.logs) = (sources, logs)
        (self.query, self.progress) = (query, progress)
    }

    func page(limit: Int, cursor: String?) async throws -> SearchAnswer {
        let size = logs.map(\.reader.checkpoint.signedTreeHead.head.size.value).max() ?? 0
        let effort = SearchEffort(limit: limit, lookCount: .max)
        let page = try await CertificateSearch(logs).page(
            query, from: cursor.flatMap { SearchCursor($0) }, effort: effort
        ) { bound in
            progress.update(SQLiteStoreInspection.Progress(position: size - min(size, bound), size: size))
        }
        return SearchAnswer(
            certificates: page.items.map { $0.certificate.json(origin: $0.origin) }, next: page.next?.text)
    }

    func close() async {
        for source in sources { await source.close() }
    }
}
