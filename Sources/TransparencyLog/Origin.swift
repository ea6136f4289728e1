/// A log's name: its submission prefix without scheme and trailing slash (Static CT API, "Parameters").
package struct Origin: Hashable, Sendable, CustomStringConvertible {
    /// The name, such as `log.example.test/ct/2026`.
    package let text: String

    /// A name; nil when it is empty, ends with a slash, or has a blank, a plus sign or a character outside ASCII.
    package init?(_ text: String) {
        let isPrintable = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "+") }
        guard isPrintable, !text.isEmpty, !text.hasSuffix("/") else { return nil }
        self.text = text
    }

    /// The name of the log with a submission prefix such as `https://log.example.test/ct/2026/`.
    ///
    /// Nil when the prefix has no `http` or `https` scheme or what is left is no name.
    package init?(submissionPrefix prefix: String) {
        guard let scheme = ["https://", "http://"].first(where: { prefix.hasPrefix($0) }) else { return nil }
        var rest = prefix.dropFirst(scheme.count)
        while rest.hasSuffix("/") { rest.removeLast() }
        self.init(String(rest))
    }

    package var description: String { text }
}
