internal import Yams

/// Reads YAML that cannot grow when it is read.
///
/// An alias stands for a whole subtree, and aliases of aliases multiply: a file of a few lines can mean thousands of
/// millions of nodes. Aliases of single texts, which public instances use, do not: they are free. Of a file with an
/// anchor at anything larger only a few aliases are taken. The text tells, before anything is built.
enum BoundedYAML {
    /// Why a text is not read.
    enum Refusal: Error, Hashable, CustomStringConvertible {
        case tooLong
        case tooManyAliases
        case tooDeep

        var description: String {
            switch self {
            case .tooLong: "longer than \(BoundedYAML.maximumByteCount) octets"
            case .tooManyAliases:
                "more than \(BoundedYAML.maximumAliasCount) aliases (*name) and an anchor (&name) that is not at a text"
            case .tooDeep: "nested more than \(BoundedYAML.maximumDepth) deep"
            }
        }
    }

    /// Octets of a text, which is also the longest file that is read.
    static let maximumByteCount = 1 << 20

    /// Aliases of a text where any of them may stand for a list or mapping.
    ///
    /// Ten of them make at most some forty times as many nodes as are written down.
    static let maximumAliasCount = 10

    /// Brackets and indentation within one another; no configuration comes near it.
    static let maximumDepth = 64

    /// Octets of an anchor with its ampersand that is looked at; a longer one counts as one at a list or mapping.
    private static let maximumAnchorByteCount = 128

    /// The document's root; nil for an empty one.
    ///
    /// Throws `Refusal` or what the parser says.
    static func compose(_ text: String) throws -> Node? {
        guard text.utf8.count <= maximumByteCount else { throw Refusal.tooLong }
        try scan(Array(text.utf8))
        return try Yams.compose(yaml: text)
    }

    /// What `compose` threw, on one line; the parser names the line of the text.
    static func line(_ error: any Error) -> String {
        "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// Counts what could be an alias, and brackets that could be open, also where they stand in a text or a comment.
    ///
    /// Counting too many can only refuse more: without such an anchor aliases are harmless, however many stars there
    /// are, and brackets are counted as closed too.
    private static func scan(_ bytes: [UInt8]) throws(Refusal) {
        var (anchorCount, aliasCount, depth, dashes) = (0, 0, 0, 0)
        var previous = UInt8(ascii: "\n")
        var isLineStart = true
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : UInt8(ascii: "\n")
            if isStart(after: previous), !isBlank(next) {
                if byte == UInt8(ascii: "*") { aliasCount += 1 }
                if byte == UInt8(ascii: "&"), !isAnchorOfText(bytes[index...]) { anchorCount += 1 }
            }
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
            case UInt8(ascii: "\n"): (isLineStart, dashes) = (true, 0)
            // A sequence within a sequence may begin on one line: - - - a
            case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
                if isLineStart, isBlank(next) { dashes += 1 } else { isLineStart = false }
            case UInt8(ascii: " "): break
            default: isLineStart = false
            }
            guard depth <= maximumDepth, dashes <= maximumDepth else { throw .tooDeep }
            previous = byte
        }
        guard anchorCount == 0 || aliasCount <= maximumAliasCount else { throw .tooManyAliases }
    }

    /// Whether an anchor surely stands before a plain or quoted text on its own line.
    ///
    /// Looks no further than the first octet of that text, and at a name of bounded length: there may be an anchor at
    /// every other octet.
    private static func isAnchorOfText(_ rest: ArraySlice<UInt8>) -> Bool {
        let name = rest.prefix(maximumAnchorByteCount).prefix { !isBlank($0) }
        guard name.count < maximumAnchorByteCount,
            let first = rest[name.endIndex...].first(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") })
        else { return false }
        let isPlain =
            (first | 0x20 >= UInt8(ascii: "a") && first | 0x20 <= UInt8(ascii: "z"))
            || (first >= UInt8(ascii: "0") && first <= UInt8(ascii: "9"))
        return isPlain || first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
    }

    /// Whether a node may begin after this octet.
    private static func isStart(after byte: UInt8) -> Bool {
        isBlank(byte) || [UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","), UInt8(ascii: ":")].contains(byte)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains(byte)
    }
}
