/// An entry's zero-based position in the log: 40 bits (Static CT API, "SCT Extension").
package struct LeafIndex: Hashable, Comparable, Sendable {
    /// The position, below 2^40.
    package let value: UInt64

    /// A position; nil from 2^40 on.
    package init?(_ value: UInt64) {
        guard value < 1 << 40 else { return nil }
        self.value = value
    }

    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.value < rhs.value }
}
