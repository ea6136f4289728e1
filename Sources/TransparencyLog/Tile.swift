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

    /// How many hashes or entries the tile at a level and index has in a tree; 0 when it is not there (2.2.5).
    ///
    /// Level 0 answers for entries as well. Only hashes of complete subtrees count: an unfinished one has none.
    package static func width(level: Int, index: UInt64, in size: TreeSize) -> Int {
        guard (0...highestLevel).contains(level) else { return 0 }
        let hashes = level < 8 ? size.value >> UInt64(8 * level) : 0
        let full = hashes >> 8
        guard index >= full else { return HashTile.width }
        return index == full ? Int(hashes & 255) : 0
    }

    /// Whether a tree has all of the tile.
    package func isCovered(by size: TreeSize) -> Bool {
        switch content {
        case .hashes(let level): width <= Self.width(level: level, index: index, in: size)
        case .data: width <= Self.width(level: 0, index: index, in: size)
        }
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
