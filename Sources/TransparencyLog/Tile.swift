/// A tile's place in the tree and how much of it there is (tlog-tiles, "Merkle Tree"; Static CT API, "Merkle Tree").
package struct Tile: Hashable, Sendable {
    /// What a tile holds.
    package enum Content: Hashable, Sendable {
        /// Hashes; tile `index` at `level` holds the roots of subtrees of 256^level leaves.
        case hashes(level: Int)
        /// Entries, numbered as the hashes of level 0.
        case data
    }

    /// The highest level of the Static CT API: enough for 2^40 leaves.
    package static let highestCertificateLevel = 5

    /// The highest level of tlog-tiles.
    package static let highestLevel = 63

    /// Hashes or entries.
    package let content: Content

    /// The position among the tiles of its level.
    package let index: UInt64

    /// How many hashes or entries: 1 to 256, where 256 is a full tile.
    package let width: Int

    /// A tile; nil for a level outside 0 to 63, an index beyond any tree, or a width outside 1 to 256.
    package init?(_ content: Content, index: UInt64, width: Int = HashTile.width) {
        if case .hashes(let level) = content, !(0...Self.highestLevel).contains(level) { return nil }
        guard index <= UInt64(Int64.max), (1...HashTile.width).contains(width) else { return nil }
        self.content = content
        self.index = index
        self.width = width
    }

    /// The path below the monitoring prefix, such as `tile/0/x001/234.p/5`.
    package var path: String {
        let name =
            switch content {
            case .hashes(let level): String(level)
            case .data: "data"
            }
        let suffix = width == HashTile.width ? "" : ".p/\(width)"
        return "tile/\(name)/\(Self.encode(index))\(suffix)"
    }

    /// The tile that a path names; nil unless the path is in its only canonical form.
    ///
    /// `highestLevel` is 5 for a certificate log and 63 for others.
    package init?(path: String, highestLevel: Int = Tile.highestCertificateLevel) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, parts.removeFirst() == "tile", let content = Self.content(parts.removeFirst()) else {
            return nil
        }
        if case .hashes(let level) = content, level > highestLevel { return nil }
        var width = HashTile.width
        if parts.count >= 2, parts[parts.count - 2].hasSuffix(".p") {
            guard let partial = Self.number(parts.removeLast()), (1..<256).contains(partial) else { return nil }
            width = Int(partial)
            parts[parts.count - 1].removeLast(2)
        }
        guard let index = Self.decode(parts) else { return nil }
        self.init(content, index: index, width: width)
    }

    /// Every tile of hashes of a tree, level by level, the partial one of each level last.
    ///
    /// Meant for trees of a size that fits in memory; a log never walks its own this way.
    package static func layout(of size: TreeSize) -> [Tile] {
        var tiles: [Tile] = []
        var (level, hashes) = (0, size.value)
        while hashes > 0 {
            for index in 0..<(hashes >> 8) {
                if let full = Tile(.hashes(level: level), index: index) { tiles.append(full) }
            }
            let partial = Tile(.hashes(level: level), index: hashes >> 8, width: Int(hashes & 255))
            if let partial { tiles.append(partial) }
            (level, hashes) = (level + 1, hashes >> 8)
        }
        return tiles
    }

    private static func content(_ text: String) -> Content? {
        guard text != "data" else { return .data }
        guard let level = number(text), level <= UInt64(highestLevel) else { return nil }
        return .hashes(level: Int(level))
    }

    /// Groups of three digits, most significant first, all but the last marked with an `x`.
    private static func encode(_ index: UInt64) -> String {
        var groups: [String] = []
        var rest = index
        repeat {
            let digits = String(rest % 1000)
            let group = String(repeating: "0", count: 3 - digits.count) + digits
            groups.append(groups.isEmpty ? group : "x" + group)
            rest /= 1000
        } while rest > 0
        return groups.reversed().joined(separator: "/")
    }

    private static func decode(_ groups: [String]) -> UInt64? {
        var index: UInt64 = 0
        for (position, group) in groups.enumerated() {
            let isLast = position == groups.count - 1
            let digits = isLast ? Array(group.utf8) : Array(group.utf8.dropFirst())
            guard isLast || group.utf8.first == UInt8(ascii: "x"), digits.count == 3 else { return nil }
            // A leading x000 names the same tile twice.
            guard position > 0 || isLast || digits != Array("000".utf8) else { return nil }
            for digit in digits {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
                let (product, isTooLarge) = index.multipliedReportingOverflow(by: 10)
                let (sum, overflows) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
                guard !isTooLarge, !overflows else { return nil }
                index = sum
            }
        }
        return groups.isEmpty ? nil : index
    }

    /// A decimal number without a sign or leading zeros.
    private static func number(_ text: String) -> UInt64? {
        guard let number = UInt64(text), String(number) == text else { return nil }
        return number
    }
}
