import StrictJSON

/// An absolute `http` or `https` URL, taken apart by rules stricter than RFC 3986 §3.
///
/// Scheme in lower case, no user, no fragment, a host of ASCII letters, digits, `.`, `-` and `_` or an address in
/// brackets, printable ASCII elsewhere. What is fetched is put together again from these parts, so that no second
/// reading of the text can lead to another host (reliability R-35).
package struct HTTPAddress: Hashable, Sendable {
    /// The scheme of a URL that can be fetched.
    package enum Scheme: String, Hashable, Sendable {
        case http, https
    }

    /// What makes two URLs the same server (RFC 6454 §4).
    package struct Origin: Hashable, Sendable {
        /// The scheme.
        package let scheme: Scheme
        /// The host in lower case; an IPv6 address stands without its brackets.
        package let host: String
        /// The port, written out or the default of the scheme; never 0.
        package let port: UInt16
        let isIPv6Literal: Bool

        /// The scheme, host and port as the beginning of a URL.
        package var text: String {
            let name = isIPv6Literal ? "[\(host)]" : host
            let isDefault = port == (scheme == .https ? 443 : 80)
            return "\(scheme.rawValue)://\(name)" + (isDefault ? "" : ":\(port)")
        }

        /// Whether the host is written as an address of this machine, or as `localhost`.
        ///
        /// Decided by the text alone: 127.0.0.0/8 in dotted decimal form, `::1`, `localhost`.
        package var isLoopback: Bool {
            if isIPv6Literal { return IPAddress(text: host).map { $0.reach == .loopback } ?? false }
            return host == "localhost" || (IPAddress(text: host).map { $0.reach == .loopback } ?? false)
        }
    }

    /// The server the URL leads to.
    package let origin: Origin
    /// The path, empty or beginning with `/`.
    package let path: String
    /// What follows the first `?`; nil without one.
    package let query: String?

    /// The URL as it is requested.
    package var text: String {
        origin.text + (path.isEmpty ? "/" : path) + (query.map { "?\($0)" } ?? "")
    }

    /// Takes a URL apart; nil when it breaks a rule.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let scheme = Scheme(rawValue: String(parts[0])), parts[1].hasPrefix("//") else {
            return nil
        }
        let rest = parts[1].dropFirst(2)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let origin = Self.origin(scheme, authority) else { return nil }
        self.init(origin: origin, target: rest[authority.endIndex...])
    }

    /// The URL that a `Location` or another reference found at this URL means (RFC 3986 §5.2); nil when it breaks a
    /// rule.
    ///
    /// Dot segments stay as they are: the path is only sent to the same server again.
    package func resolving(_ reference: String) -> HTTPAddress? {
        if reference.contains("://") && !reference.hasPrefix("/") { return HTTPAddress(reference) }
        if reference.hasPrefix("//") { return HTTPAddress("\(origin.scheme.rawValue):\(reference)") }
        if reference.hasPrefix("/") { return HTTPAddress(origin: origin, target: reference[...]) }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return HTTPAddress(origin: origin, target: (folder + reference)[...])
    }

    private init?(origin: Origin, target: Substring) {
        guard target.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !Self.refused.contains($0) }) else { return nil }
        let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.origin = origin
        path = pieces.first.map(String.init) ?? ""
        query = pieces.count == 2 ? String(pieces[1]) : nil
    }

    // A fragment is never sent, and the others are characters that readers of URLs disagree about.
    private static let refused = Set("#\\\"<>^`{|}".utf8)

    private static func origin(_ scheme: Scheme, _ authority: Substring) -> Origin? {
        var host = authority
        var port: UInt16 = scheme == .https ? 443 : 80
        let isIPv6Literal = authority.hasPrefix("[")
        let hostEnd = isIPv6Literal ? authority.firstIndex(of: "]") : authority.firstIndex(of: ":")
        if isIPv6Literal && hostEnd == nil { return nil }
        if let hostEnd {
            let portMark = isIPv6Literal ? authority.index(after: hostEnd) : hostEnd
            host = isIPv6Literal ? authority[..<hostEnd].dropFirst() : authority[..<hostEnd]
            if portMark < authority.endIndex {
                guard let number = Self.port(authority[portMark...]) else { return nil }
                port = number
            }
        }
        let name = host.lowercased()
        let isValid = isIPv6Literal ? IPAddress(text: name)?.isIPv6 == true : isHostName(name)
        return isValid ? Origin(scheme: scheme, host: name, port: port, isIPv6Literal: isIPv6Literal) : nil
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard text.first == ":" else { return nil }
        let digits = text.dropFirst()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt16(digits).flatMap { $0 == 0 ? nil : $0 }
    }

    private static func isHostName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 253 else { return false }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && label.utf8.allSatisfy(Self.isHostByte)
        }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
