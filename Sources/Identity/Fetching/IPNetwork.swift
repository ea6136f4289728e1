/// All addresses with the same beginning (RFC 4632, RFC 4291 §2.3).
package struct IPNetwork: Hashable, Sendable {
    private let bytes: [UInt8]
    private let bitCount: Int

    /// Reads an address, or one with a slash and how many bits count; nil for anything else.
    ///
    /// Bits of the address beyond those that count must be zero, because otherwise something else may be meant.
    package init?(text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, let address = IPAddress(text: first) else { return nil }
        let all = address.bytes.count * 8
        var bitCount = all
        if parts.count == 2 {
            guard let number = Int(parts[1]), String(number) == parts[1], (0...all).contains(number) else { return nil }
            bitCount = number
        }
        guard address.bytes == Self.masked(address.bytes, bitCount) else { return nil }
        (bytes, self.bitCount) = (address.bytes, bitCount)
    }

    /// Whether an address lies in the network; one of IPv4 never lies in one of IPv6, and the other way round.
    package func contains(_ address: IPAddress) -> Bool {
        address.bytes.count == bytes.count && Self.masked(address.bytes, bitCount) == bytes
    }

    private static func masked(_ bytes: [UInt8], _ bitCount: Int) -> [UInt8] {
        bytes.enumerated().map { position, byte in
            let kept = min(8, max(0, bitCount - position * 8))
            return kept == 0 ? 0 : byte & (0xFF << UInt8(8 - kept))
        }
    }
}
