/// How an index is, for whoever supervises it.
package struct IndexStatus: Hashable, Sendable {
    /// The number of entries in it.
    package var size: UInt64 = 0

    /// How often an index was thrown away since the start because it could not be used.
    package var rebuildCount: UInt64 = 0

    /// Why there is no index, or why it does not grow; nil when all is well.
    package var failure: String?
}
