package import StrictJSON

/// One thing that is wrong with a log.
package struct AuditFinding: Hashable, Sendable, CustomStringConvertible {
    /// The entry that it is about; nil when it is about the tree or its head.
    package let index: UInt64?

    /// What differs from what.
    package let text: String

    /// A finding about one entry, or about the log as a whole.
    package init(index: UInt64? = nil, _ text: String) {
        (self.index, self.text) = (index, text)
    }

    package var description: String { index.map { "entry \($0): \(text)" } ?? text }

    /// The finding as commands print it for programs.
    package var json: JSONValue {
        ["index": index.map { .integer(Int64(clamping: $0)) } ?? .null, "finding": .string(text)]
    }
}
