internal import CertificateIndex
internal import CertificateTransparency
internal import Server
internal import StrictJSON
internal import TransparencyLog

/// Searches the files of a log, which a server may have open; nothing is written beside them.
///
/// The server's index is used where it is whole; entries that it lacks are read one by one.
struct StoredSearch: SearchSource {
    private let source: SQLiteLogSource
    private let log: SearchableLog
    private let query: CertificateQuery
    private let progress: ProgressLine

    /// A search in the log of a data directory or backup as it is now.
    init(_ directory: DataDirectory, _ query: CertificateQuery, progress: ProgressLine) async throws {
        let stored = try StoredLog(directory)
        source = try stored.source()
        let parameters = stored.parameters
        log = await SearchableLog(
            origin: parameters.origin, logID: parameters.logID, reader: try await source.reader()
        ).using(indexAt: SearchableLog.indexPath(besideLog: stored.database))
        (self.query, self.progress) = (query, progress)
    }

    func page(limit: Int, cursor: String?) async throws -> SearchAnswer {
        let size = log.reader.checkpoint.signedTreeHead.head.size.value
        let effort = SearchEffort(limit: limit, lookCount: .max)
        let page = try await CertificateSearch([log]).page(
            query, from: cursor.flatMap { SearchCursor($0) }, effort: effort
        ) { bound in
            progress.update(SQLiteStoreInspection.Progress(position: size - min(size, bound), size: size))
        }
        return SearchAnswer(
            certificates: page.items.map { $0.certificate.json(origin: $0.origin) }, next: page.next?.text)
    }

    func close() async { await source.close() }
}
