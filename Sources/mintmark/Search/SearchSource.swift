internal import StrictJSON

/// One page of what was found, as the audit API words it.
struct SearchAnswer: Sendable {
    /// The certificates, newest first.
    let certificates: [JSONValue]
    /// Where the next page begins; nil when there is none.
    let next: String?
}

/// Where certificates are looked up: in a log's files, or over HTTP.
protocol SearchSource: Sendable {
    /// At most `limit` certificates from a cursor on; none and a next cursor when that page was too much work.
    func page(limit: Int, cursor: String?) async throws -> SearchAnswer

    /// Ends what was opened.
    func close() async
}
