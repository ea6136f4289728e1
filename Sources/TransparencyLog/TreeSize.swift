/// The number of leaves of a tree: 0 to 2^63 - 1.
///
/// Wider than `LeafIndex`, because a stranger's checkpoint may name any size and must be refused by arithmetic that
/// does not overflow. A tree of ours ends at 2^40 leaves, since the last one needs a `LeafIndex`.
package struct TreeSize: Hashable, Comparable, Sendable {
    /// The number of leaves, below 2^63.
    package let value: UInt64

    /// The size of the tree without leaves.
    package static let zero = TreeSize(unchecked: 0)

    /// A number of leaves; nil from 2^63 on.
    package init?(_ value: UInt64) {
        guard value <= UInt64(Int64.max) else { return nil }
        self.value = value
    }

    /// The size of the tree whose last leaf is at `index`.
    package init(endingAt index: LeafIndex) {
        value = index.value + 1
    }

    private init(unchecked value: UInt64) {
        self.value = value
    }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.value < rhs.value }
}
