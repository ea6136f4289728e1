/// An ASN.1 object identifier, kept as its content octets (X.690 §8.19).
package struct ObjectIdentifier: Hashable, Sendable, CustomStringConvertible {
    /// The longest content that is accepted, in octets; printing an arc costs time that grows with its square.
    package static let maximumByteCount = 64

    /// The content octets.
    package let content: [UInt8]

    /// An identifier from its content octets.
    ///
    /// Nil unless there are 1 to 64 octets, each arc is minimal and fits 63 bits, and the last arc is complete.
    package init?(content: [UInt8]) {
        guard (1...Self.maximumByteCount).contains(content.count), Self.isWellFormed(content) else { return nil }
        self.content = content
    }

    /// An identifier written with dots, such as `2.5.29.17`; nil when it is not one.
    package init?(_ dotted: String) {
        let parts = dotted.split(separator: ".", omittingEmptySubsequences: false).map { UInt64($0) }
        let arcs = parts.compactMap { $0 }
        guard arcs.count == parts.count, arcs.count >= 2, arcs[0] <= 2, arcs[0] == 2 || arcs[1] < 40,
            arcs.allSatisfy({ $0 < 1 << 63 })
        else { return nil }
        self.init(content: Self.base128(arcs[0] * 40 + arcs[1]) + arcs.dropFirst(2).flatMap(Self.base128))
    }

    /// The identifier written with dots.
    package var dotted: String {
        guard let arcs = Self.arcs(content), let first = arcs.first else { return "" }
        let top = min(first / 40, 2)
        return ([top, first - top * 40] + arcs.dropFirst()).map(String.init).joined(separator: ".")
    }

    package var description: String { dotted }

    private static func base128(_ value: UInt64) -> [UInt8] {
        var groups = [UInt8(value & 0x7F)]
        var rest = value >> 7
        while rest > 0 {
            groups.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return groups.reversed()
    }

    private static func arcs(_ content: [UInt8]) -> [UInt64]? {
        var arcs: [UInt64] = []
        return walk(content) { arcs.append($0) } ? arcs : nil
    }

    private static func isWellFormed(_ content: [UInt8]) -> Bool {
        walk(content) { _ in }
    }

    /// Hands out the arcs one after another; false when an octet is out of place.
    private static func walk(_ content: [UInt8], _ body: (UInt64) -> Void) -> Bool {
        var value: UInt64 = 0
        var isInside = false
        for octet in content {
            guard isInside || octet != 0x80, value < 1 << 56 else { return false }
            value = value << 7 | UInt64(octet & 0x7F)
            isInside = octet & 0x80 != 0
            guard !isInside else { continue }
            body(value)
            value = 0
        }
        return !isInside
    }
}

extension ObjectIdentifier: ExpressibleByStringLiteral {
    /// An identifier written in the source; a literal that is not one stops the program at its first use.
    package init(stringLiteral literal: StaticString) {
        guard let id = ObjectIdentifier("\(literal)") else { preconditionFailure("not an object identifier") }
        self = id
    }
}

extension ObjectIdentifier {
    package static let keyUsage: ObjectIdentifier = "2.5.29.15"
    package static let extendedKeyUsage: ObjectIdentifier = "2.5.29.37"
    package static let subjectKeyIdentifier: ObjectIdentifier = "2.5.29.14"
    package static let authorityKeyIdentifier: ObjectIdentifier = "2.5.29.35"
    package static let subjectAlternativeName: ObjectIdentifier = "2.5.29.17"
    package static let basicConstraints: ObjectIdentifier = "2.5.29.19"
    package static let anyExtendedKeyUsage: ObjectIdentifier = "2.5.29.37.0"
    package static let codeSigning: ObjectIdentifier = "1.3.6.1.5.5.7.3.3"
    package static let commonName: ObjectIdentifier = "2.5.4.3"
    package static let organizationName: ObjectIdentifier = "2.5.4.10"
    /// The poison of a precertificate (RFC 6962 §3.1).
    package static let precertificatePoison: ObjectIdentifier = "1.3.6.1.4.1.11129.2.4.3"
    /// The list of signed certificate timestamps (RFC 6962 §3.3).
    package static let signedCertificateTimestampList: ObjectIdentifier = "1.3.6.1.4.1.11129.2.4.2"
}
