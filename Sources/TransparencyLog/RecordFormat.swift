/// How a kind of log writes an entry into its data tiles: all that the tree must know of what it holds.
package struct RecordFormat: Sendable {
    /// Reads one record strictly to its end; throws when it is not in the only form its kind writes.
    package let parse: @Sendable (_ record: [UInt8]) throws -> ParsedRecord

    /// A format with its strict parser.
    package init(parse: @escaping @Sendable (_ record: [UInt8]) throws -> ParsedRecord) {
        self.parse = parse
    }
}
