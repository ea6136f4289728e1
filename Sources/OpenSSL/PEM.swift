/// PEM texts, read as leniently as clients write them (RFC 7468 §3).
///
/// Lines may have any length and end in LF or CRLF, explanatory text and RFC 1421 headers are passed over, and the
/// last line may lack its end: one widely used client sends the whole body on one line.
package enum PEM {
    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    /// The first block of a text; nil when there is none or it does not decode.
    package static func firstBlock(in text: [UInt8]) -> PEMBlock? {
        var rest = text[...]
        return nextBlock(in: &rest) ?? nil
    }

    /// The first block as it stands in a text, headers and boundaries included, and a newline; nil as `firstBlock`.
    package static func firstBlockText(in text: [UInt8]) -> [UInt8]? {
        var rest = text[...]
        guard let opening = rest.firstRange(of: begin), let block = nextBlock(in: &rest), block != nil else {
            return nil
        }
        return text[opening.lowerBound..<rest.startIndex] + [0x0A]
    }

    /// Whether the text of a block says that it is encrypted (RFC 1421 §4.6.1.1, RFC 1423 §1.1).
    static func isEncrypted(_ blockText: [UInt8]) -> Bool {
        blockText[...].firstRange(of: Array("Proc-Type: 4,ENCRYPTED".utf8)) != nil
    }

    /// All blocks of a text where only white space follows a block, until the next; nil when that is not so.
    ///
    /// Text before the first block is passed over. Nil also when a block does not decode.
    package static func adjoiningBlocks(in text: [UInt8]) -> [PEMBlock]? {
        var rest = text[...]
        var blocks: [PEMBlock] = []
        while let result = nextBlock(in: &rest) {
            guard let block = result else { return nil }
            blocks.append(block)
            rest = rest.drop { [0x09, 0x0A, 0x0D, 0x20].contains($0) }
            guard rest.isEmpty || rest.starts(with: begin) else { return nil }
        }
        return blocks
    }

    /// All blocks of a text; nil when one of them does not decode.
    package static func blocks(in text: [UInt8]) -> [PEMBlock]? {
        var rest = text[...]
        var blocks: [PEMBlock] = []
        while let result = nextBlock(in: &rest) {
            guard let block = result else { return nil }
            blocks.append(block)
        }
        return blocks
    }

    /// A block with lines of 64 characters that ends in one newline (RFC 7468 §2).
    package static func encode(label: String, _ bytes: [UInt8]) -> String {
        let digits = Base64.encodedBytes(bytes)
        var text: [UInt8] = []
        text.reserveCapacity(digits.count / 64 * 65 + 2 * label.utf8.count + 64)
        text.append(contentsOf: "-----BEGIN \(label)-----\n".utf8)
        for start in stride(from: 0, to: digits.count, by: 64) {
            text.append(contentsOf: digits[start..<min(start + 64, digits.count)])
            text.append(0x0A)
        }
        text.append(contentsOf: "-----END \(label)-----\n".utf8)
        return String(decoding: text, as: UTF8.self)
    }

    /// The next block: nil when no boundary follows, an inner nil when what follows does not decode.
    private static func nextBlock(in rest: inout ArraySlice<UInt8>) -> PEMBlock?? {
        guard let opening = rest.firstRange(of: begin) else { return nil }
        rest = rest[opening.upperBound...]
        guard let labelEnd = rest.firstRange(of: dashes) else { return .some(nil) }
        let label = rest[..<labelEnd.lowerBound]
        rest = rest[labelEnd.upperBound...]
        guard let closing = rest.firstRange(of: end + label + dashes) else { return .some(nil) }
        let body = rest[..<closing.lowerBound]
        rest = rest[closing.upperBound...]
        guard label.allSatisfy({ (0x20...0x7E).contains($0) }), let bytes = decode(body) else { return .some(nil) }
        return PEMBlock(label: String(decoding: label, as: UTF8.self), bytes: bytes)
    }

    private static func decode(_ body: ArraySlice<UInt8>) -> [UInt8]? {
        let blanks: Set<UInt8> = [0x09, 0x0A, 0x0D, 0x20]
        let lines = body.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
        let base64 = lines.filter { !$0.contains(UInt8(ascii: ":")) }.joined().filter { !blanks.contains($0) }
        return base64.isEmpty ? nil : Base64.decodeStandard(Array(base64))
    }
}

extension ArraySlice where Element == UInt8 {
    /// Where `pattern` first occurs; linear for the patterns used here, whose first octets repeat at most five times.
    fileprivate func firstRange(of pattern: [UInt8]) -> Range<Int>? {
        guard let first = pattern.first, count >= pattern.count else { return nil }
        for start in startIndex...(endIndex - pattern.count) where self[start] == first {
            if self[start..<(start + pattern.count)].elementsEqual(pattern) { return start..<(start + pattern.count) }
        }
        return nil
    }
}
