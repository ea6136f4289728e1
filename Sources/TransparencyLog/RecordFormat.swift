package import OpenSSL

/// How a kind of log writes an entry into its data tiles: all that the tree must know of what it holds.
package struct RecordFormat: Sendable {
    /// Finds what a record refers to; nil when it is not there.
    package typealias AttachmentSource = (SHA256Digest) throws -> [UInt8]?

    /// How closely a record is compared with itself.
    package enum Closeness: Hashable, Sendable {
        /// Without any public-key operation.
        case structure
        /// With the signatures of what was submitted.
        case signatures
    }

    /// Reads one record strictly to its end; throws when it is not in the only form its kind writes.
    package let parse: @Sendable (_ record: [UInt8]) throws -> ParsedRecord

    /// Compares what stands in a record beside its leaf with the leaf, because no hash of the tree covers it.
    ///
    /// Throws what the source of attachments throws, or what does not fit.
    package let compare:
        @Sendable (_ record: [UInt8], _ closeness: Closeness, _ attachment: AttachmentSource) throws -> Void

    /// A format with its strict parser, and with a comparison if there is something beside the leaf.
    package init(
        parse: @escaping @Sendable (_ record: [UInt8]) throws -> ParsedRecord,
        compare:
            @escaping @Sendable (
                _ record: [UInt8], _ closeness: Closeness, _ attachment: AttachmentSource
            ) throws -> Void = { _, _, _ in }
    ) {
        self.parse = parse
        self.compare = compare
    }
}
