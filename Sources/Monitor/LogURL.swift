package import TransparencyLog

/// The base of one log, below which all of its endpoints lie.
package struct LogURL: Hashable, Sendable, CustomStringConvertible {
    /// Scheme, host, port and path without a trailing slash.
    package let text: String

    /// The name of the log whose submission prefix this is; a log with another monitoring prefix has another name.
    package let origin: Origin

    /// A base; nil unless it is an `http` or `https` URL without user information, query and fragment.
    package init?(_ text: String) {
        var rest = text[...]
        while rest.hasSuffix("/") { rest.removeLast() }
        let isPlain = rest.utf8.allSatisfy { !"?#@\\\"<>".utf8.contains($0) }
        guard isPlain, let origin = Origin(submissionPrefix: String(rest)) else { return nil }
        self.text = String(rest)
        self.origin = origin
    }

    package var description: String { text }
}
