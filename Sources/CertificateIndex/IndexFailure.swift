/// Why an index cannot be used any more and has to be built anew.
struct IndexUnusable: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String

    /// An index that cannot be used for this reason.
    init(_ description: String) {
        self.description = description
    }
}
