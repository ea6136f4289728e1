package import TransparencyLog

/// The origin at which clients reach the CA; its API sits at the root, as one widely used client drops base paths.
package struct PublicURL: Hashable, Sendable, CustomStringConvertible {
    /// Scheme, host and port without a trailing slash.
    package let text: String

    /// An `http` or `https` origin; nil for user information, a path, a query, a fragment or an unusable character.
    package init?(_ text: String) {
        let trimmed = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard let scheme = ["https://", "http://"].first(where: { trimmed.hasPrefix($0) }) else { return nil }
        let authority = trimmed.dropFirst(scheme.count)
        let allowed = authority.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"/?#@\\+".utf8.contains($0) }
        guard !authority.isEmpty, allowed, Self.hasUsablePort(authority) else { return nil }
        // Host names have no case, but the log's name is compared byte for byte.
        self.text = trimmed.lowercased()
    }

    package var description: String { text }

    /// Whether what follows the host, if anything, is a port.
    private static func hasUsablePort(_ authority: Substring) -> Bool {
        let rest = authority.hasPrefix("[") ? authority.drop { $0 != "]" }.dropFirst() : authority.drop { $0 != ":" }
        guard !rest.isEmpty else { return !authority.hasPrefix("[") || authority.hasSuffix("]") }
        guard rest.hasPrefix(":"), let port = UInt16(rest.dropFirst()) else { return false }
        return port > 0 && authority.first != ":"
    }

    /// The same scheme and host at another port; nil for a port outside 1 to 65535.
    package func replacingPort(with port: Int) -> PublicURL? {
        guard let schemeEnd = text.firstRange(of: "://")?.upperBound else { return nil }
        let authority = text[schemeEnd...]
        let host =
            authority.hasPrefix("[")
            ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        return PublicURL("\(text[..<schemeEnd])\(host):\(port)")
    }

    /// The submission prefix of a shard's log, ending in a slash (Static CT API, "Parameters").
    package func submissionPrefix(shard: String) -> String { "\(text)/log/\(shard)/" }

    /// The name of a shard's log; nil when the shard cannot be part of one.
    package func origin(shard: String) -> Origin? {
        let allowed = shard.utf8.allSatisfy { byte in
            Character(UnicodeScalar(byte)).isASCII
                && (Character(UnicodeScalar(byte)).isLetter || Character(UnicodeScalar(byte)).isNumber
                    || "-_.".utf8.contains(byte))
        }
        guard (1...64).contains(shard.utf8.count), allowed, !shard.hasPrefix(".") else { return nil }
        return Origin(submissionPrefix: submissionPrefix(shard: shard))
    }
}
