internal import StrictJSON

extension JSONText {
    /// The text in ASCII where a reader could be misled: controls, separators of lines and marks that are not seen.
    ///
    /// JSON itself allows most of them within strings; a terminal or another program may take them for more (R-57).
    var line: [UInt8] {
        guard bytes.contains(where: { $0 >= 0x7F }) else { return bytes }
        var line: [UInt8] = []
        line.reserveCapacity(bytes.count)
        for scalar in string.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                for unit in UTF16.encode(scalar) ?? UTF16.EncodedScalar() { line += Self.escape(unit) }
            default: line += Array(String(scalar).utf8)
            }
        }
        return line
    }

    private static func escape(_ unit: UInt16) -> [UInt8] {
        let digits = String(unit, radix: 16)
        return Array("\\u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)".utf8)
    }
}
