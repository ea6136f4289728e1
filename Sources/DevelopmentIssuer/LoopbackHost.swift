/// An address of this machine that no other machine can reach.
///
/// The development provider signs any claims for anybody, so it may listen nowhere else. Accepted are `localhost`,
/// `::1` and dotted IPv4 addresses of 127.0.0.0/8. Everything else has no value of this type, in particular short
/// forms such as `127.1`, which resolvers read in different ways.
package struct LoopbackHost: Hashable, Sendable {
    /// The host as the operator wrote it; it becomes part of the issuer URL.
    package let name: String

    /// Checks a host name.
    ///
    /// Returns nil unless the host is one of the loopback forms.
    package init?(_ name: String) {
        guard name == "localhost" || name == "::1" || Self.isLoopbackIPv4(name) else { return nil }
        self.name = name
    }

    /// The numeric address to bind.
    ///
    /// `localhost` is never looked up: a changed hosts file must not move the listener to another interface.
    package var numericAddress: String {
        name == "localhost" ? "127.0.0.1" : name
    }

    /// The host as it stands in a URL (RFC 3986 §3.2.2).
    package var urlHost: String {
        name == "::1" ? "[::1]" : name
    }

    private static func isLoopbackIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy(isCanonicalOctet)
    }

    /// Decimal without leading zeros: `010` is eight to some resolvers and ten to others.
    private static func isCanonicalOctet(_ text: Substring) -> Bool {
        guard let value = UInt8(text) else { return false }
        return String(value) == text
    }
}
