/// An IPv4 or IPv6 address and how far it reaches.
///
/// Written out instead of asked from the system, so that the text that is checked is the text that is connected to.
package struct IPAddress: Hashable, Sendable {
    /// Whom an address belongs to, as far as its digits say (reliability R-35).
    package enum Reach: Hashable, Sendable {
        case global, privateNetwork, loopback, linkLocal, unusable
    }

    /// Four or sixteen bytes in network order.
    package let bytes: [UInt8]

    /// Whether this is an IPv6 address.
    package var isIPv6: Bool { bytes.count == 16 }

    /// Takes an address in network order; nil unless it is four or sixteen bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads an address; nil when it is not dotted decimal with four numbers or the text form of RFC 4291 §2.2.
    ///
    /// Octal, hexadecimal and shortened IPv4 forms and zone identifiers are not read.
    package init?(text: String) {
        let hasColon = text.utf8.contains(UInt8(ascii: ":"))
        guard let bytes = hasColon ? Self.ipv6(text[...]) : Self.ipv4(text[...]) else { return nil }
        self.bytes = bytes
    }

    /// The address in a text form that `init(text:)` reads.
    package var text: String {
        guard isIPv6 else { return bytes.map { String($0) }.joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }

    /// The IPv4 address that an IPv6 socket shows as `::ffff:a.b.c.d`; any other is itself.
    package var unmapped: IPAddress {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        guard isIPv6, bytes.starts(with: mapped) else { return self }
        return IPAddress(bytes: Array(bytes[12...])) ?? self
    }

    /// How far the address reaches; forms that carry an IPv4 address reach as far as that one.
    package var reach: Reach {
        guard isIPv6 else { return Self.reach(ofIPv4: bytes) }
        if let embedded = embeddedIPv4 { return Self.reach(ofIPv4: embedded) }
        if bytes.dropLast().allSatisfy({ $0 == 0 }) { return bytes[15] == 1 ? .loopback : .unusable }
        switch (bytes[0], bytes[1]) {
        case (0xFE, 0x80...0xBF): return .linkLocal
        case (0xFE, 0xC0...0xFF): return .privateNetwork  // site-local, RFC 3879
        case (0xFC...0xFD, _): return .privateNetwork
        case (0xFF, _): return .unusable
        // Global unicast is 2000::/3; Teredo (2001::/32) hides an address we cannot judge.
        case (0x20...0x3F, _): return bytes.starts(with: [0x20, 0x01, 0, 0]) ? .unusable : .global
        default: return .unusable
        }
    }

    private var embeddedIPv4: [UInt8]? {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        let translated: [UInt8] = [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        if bytes.starts(with: mapped) || bytes.starts(with: translated) { return Array(bytes[12...]) }
        // 64:ff9b:1::/48 is NAT64 inside one network, 2002::/16 is 6to4.
        if bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B, 0, 1]) { return Array(bytes[12...]) }
        return bytes.starts(with: [0x20, 0x02]) ? Array(bytes[2..<6]) : nil
    }

    private static func reach(ofIPv4 bytes: [UInt8]) -> Reach {
        switch (bytes[0], bytes[1]) {
        case (127, _): .loopback
        case (10, _), (172, 16...31), (192, 168), (100, 64...127): .privateNetwork
        case (169, 254): .linkLocal
        case (0, _), (224..., _): .unusable
        case (192, 0): bytes[2] == 0 || bytes[2] == 2 ? .unusable : .global
        case (198, 18...19): .privateNetwork
        case (198, 51): bytes[2] == 100 ? .unusable : .global
        case (203, 0): bytes[2] == 113 ? .unusable : .global
        default: .global
        }
    }

    private static func ipv4(_ text: Substring) -> [UInt8]? {
        let numbers = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard numbers.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for number in numbers {
            let isPlain = number.allSatisfy { (0x30...0x39).contains($0) }
            guard isPlain, number.count == 1 || number.first != UInt8(ascii: "0"), let byte = UInt8(Substring(number))
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func ipv6(_ text: Substring) -> [UInt8]? {
        guard let gap = text.firstRange(of: "::") else { return groups(text).flatMap { $0.count == 16 ? $0 : nil } }
        guard let front = groups(text[..<gap.lowerBound]), let back = groups(text[gap.upperBound...]) else {
            return nil
        }
        let missing = 16 - front.count - back.count
        guard missing >= 2 else { return nil }
        return front + [UInt8](repeating: 0, count: missing) + back
    }

    /// The bytes of groups between colons; the last group may be an IPv4 address.
    private static func groups(_ text: Substring) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var bytes: [UInt8] = []
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, group) in groups.enumerated() {
            if index == groups.count - 1, group.contains("."), let tail = ipv4(group) {
                bytes += tail
                continue
            }
            let isPlain = group.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
            guard isPlain, (1...4).contains(group.utf8.count), let number = UInt16(group, radix: 16) else { return nil }
            bytes += [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
        }
        return bytes.count <= 16 ? bytes : nil
    }
}
