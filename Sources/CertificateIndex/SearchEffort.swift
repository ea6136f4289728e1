/// How much one page of an answer may cost, however little is found.
package struct SearchEffort: Hashable, Sendable {
    /// The most certificates of a page.
    package var limit: Int

    /// The most entries that are read and compared.
    package var lookCount: Int

    /// An effort; one that a server can bear unless told otherwise.
    package init(limit: Int, lookCount: Int = 4096) {
        (self.limit, self.lookCount) = (max(1, limit), max(1, lookCount))
    }
}
