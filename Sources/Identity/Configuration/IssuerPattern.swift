/// A URL with wildcards that stands for many issuers (CA specification 2.3).
///
/// `*` is one or more of `-`, `_`, ASCII letters and digits. A match is of the whole text, by bytes.
package struct IssuerPattern: Hashable, Comparable, Sendable {
    private static let byteLimit = 2048

    /// The pattern as it is written.
    package let text: String
    /// Whether the issuers are loopback ones in clear text, which is for tests.
    package let isInsecure: Bool
    private let bytes: [UInt8]

    /// Reads a pattern; nil when it is not https (or http on loopback), or has `*` in the last two labels of its host.
    ///
    /// With letters for its wildcards, a pattern must be a URL without user, query and fragment.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let letters = bytes.map { $0 == Self.star ? UInt8(ascii: "x") : $0 }
        guard bytes.count <= Self.byteLimit,
            let address = HTTPAddress(String(decoding: letters, as: UTF8.self)), address.query == nil
        else { return nil }
        let host = IssuerName.pattern(text).host
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        switch address.origin.scheme {
        case .https: guard labels.suffix(2).allSatisfy({ !$0.contains("*") }) else { return nil }
        case .http: guard address.origin.isLoopback, !host.contains("*") else { return nil }
        }
        self.text = text
        self.bytes = bytes
        isInsecure = address.origin.scheme == .http
    }

    /// Whether an `iss` is one of the issuers meant.
    package func matches(_ issuer: String) -> Bool {
        let candidate = Array(issuer.utf8)
        // Longer ones are no issuers, and the cost is the product of both lengths.
        guard candidate.count <= Self.byteLimit, candidate.starts(with: bytes.prefix { $0 != Self.star }) else {
            return false
        }
        // The places in the pattern that the bytes so far can lead to; at a star, it has taken at least one byte.
        var places: Set<Int> = [0]
        for byte in candidate {
            var next: Set<Int> = []
            for place in places {
                if place > 0, bytes[place - 1] == Self.star, Self.isWildcard(byte) { next.insert(place) }
                guard place < bytes.count else { continue }
                if bytes[place] == Self.star ? Self.isWildcard(byte) : bytes[place] == byte { next.insert(place + 1) }
            }
            places = next
            if places.isEmpty { return false }
        }
        return places.contains(bytes.count)
    }

    /// Whether some issuer could match both patterns, as far as the ends of their segments tell.
    ///
    /// Never false for patterns that overlap; may be true for some that do not.
    package func mayOverlap(_ other: IssuerPattern) -> Bool {
        // A wildcard crosses no separator, so both must have the same ones.
        guard bytes.filter(Self.isSeparator) == other.bytes.filter(Self.isSeparator) else { return false }
        return zip(segments, other.segments).allSatisfy { left, right in
            Self.agree(left, right) && Self.agree(left.reversed(), right.reversed())
        }
    }

    private var segments: [[UInt8]] {
        bytes.split(omittingEmptySubsequences: false, whereSeparator: Self.isSeparator).map(Array.init)
    }

    /// Whether two segments agree up to the first wildcard, or to the end when there is none.
    private static func agree(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        if !left.contains(star) && !right.contains(star) { return left == right }
        return zip(left.prefix { $0 != star }, right.prefix { $0 != star }).allSatisfy(==)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte != star && !isWildcard(byte) }

    /// The order in which patterns are tried: most literal characters first, then by bytes.
    package static func < (lhs: Self, rhs: Self) -> Bool {
        let (left, right) = (lhs.literalCount, rhs.literalCount)
        return left == right ? lhs.bytes.lexicographicallyPrecedes(rhs.bytes) : left > right
    }

    private var literalCount: Int { bytes.count { $0 != Self.star } }

    private static let star = UInt8(ascii: "*")

    private static func isWildcard(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
