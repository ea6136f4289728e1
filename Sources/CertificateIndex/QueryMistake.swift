/// Why a query cannot be asked, in a sentence for whoever wrote it.
package struct QueryMistake: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// A mistake in these words.
    package init(_ description: String) {
        self.description = description
    }
}
