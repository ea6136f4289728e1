/// What one JSON text may cost (reliability and section 3).
///
/// All limits are inclusive: a text that reaches a limit exactly is read.
package struct JSONLimits: Hashable, Sendable {
    /// The most bytes up to the end of the first value, leading white space included.
    package let byteCount: Int
    /// The most nodes, counted as `{`, `[`, `,` and `:` outside strings.
    package let nodeCount: Int
    /// The deepest nesting of objects and arrays; the outermost one is 1.
    package let depth: Int
    /// The most bytes of one member name after its escapes are resolved.
    package let nameByteCount: Int

    /// The specified limits for texts of a given size.
    package init(byteCount: Int, nodeCount: Int = 10_000, depth: Int = 32, nameByteCount: Int = 256) {
        self.byteCount = byteCount
        self.nodeCount = nodeCount
        self.depth = depth
        self.nameByteCount = nameByteCount
    }
}
