/// The linear look at a JSON text before any memory is spent on it (reliability R-24).
///
/// A tree costs about seventy times its text, so the parser is only called for texts whose nodes and depth are
/// within limits. The scan is no validator: whatever it lets through still has to parse.
package struct JSONScan: Hashable, Sendable {
    /// Where the first value lies, from its opening bracket to behind the closing one.
    package let value: Range<Int>
    /// How many `{`, `[`, `,` and `:` stand outside strings.
    package let nodeCount: Int
    /// The deepest nesting met.
    package let depth: Int

    /// Scans the first value of a text.
    ///
    /// Reads each byte at most once. Throws when the value is no object or array, does not end within the text or
    /// the limits, has too many nodes or is nested too deeply, or when something follows that must not.
    package init(_ bytes: [UInt8], limits: JSONLimits, trailing: TrailingBytes) throws(JSONError) {
        let start = Self.skipWhiteSpace(bytes, from: 0)
        guard start < bytes.count else { throw JSONError(.unfinished, at: start) }
        guard bytes[start] == UInt8(ascii: "{") || bytes[start] == UInt8(ascii: "[") else {
            throw JSONError(.notAnObjectOrArray, at: start)
        }
        var walk = Walk()
        var offset = start
        while offset < bytes.count {
            guard offset < limits.byteCount else { throw JSONError(.tooLarge, at: offset) }
            try walk.step(over: bytes[offset], at: offset, limits: limits)
            offset += 1
            if walk.openCount == 0 { break }
        }
        guard walk.openCount == 0 else { throw JSONError(.unfinished, at: offset) }
        if trailing == .refused {
            let rest = Self.skipWhiteSpace(bytes, from: offset)
            guard rest == bytes.count else { throw JSONError(.trailingBytes, at: rest) }
        }
        value = start..<offset
        nodeCount = walk.nodeCount
        depth = walk.deepest
    }

    private static func skipWhiteSpace(_ bytes: [UInt8], from start: Int) -> Int {
        var offset = start
        while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
        return offset
    }

    /// Which part of the text the scan stands in, and what it has counted.
    private struct Walk {
        private enum Place { case outside, string, escape }

        private var place = Place.outside
        var openCount = 0
        var nodeCount = 0
        var deepest = 0

        mutating func step(over byte: UInt8, at offset: Int, limits: JSONLimits) throws(JSONError) {
            switch place {
            case .escape: place = .string
            case .string:
                if byte == UInt8(ascii: "\\") { place = .escape }
                if byte == UInt8(ascii: "\"") { place = .outside }
            case .outside: try stepOutside(over: byte, at: offset, limits: limits)
            }
        }

        private mutating func stepOutside(
            over byte: UInt8, at offset: Int, limits: JSONLimits
        ) throws(JSONError) {
            switch byte {
            case UInt8(ascii: "\""): place = .string
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                openCount += 1
                deepest = max(deepest, openCount)
                nodeCount += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): openCount -= 1
            case UInt8(ascii: ","), UInt8(ascii: ":"): nodeCount += 1
            default: break
            }
            guard openCount <= limits.depth else { throw JSONError(.tooDeep, at: offset) }
            guard nodeCount <= limits.nodeCount else { throw JSONError(.tooManyNodes, at: offset) }
        }
    }
}
