/// Texts as they stand in a YAML file that we write.
enum YAMLText {
    /// A text in double quotes, which every parser of YAML reads back scalar by scalar.
    ///
    /// Only printable ASCII stands as it is: parsers refuse some characters, and others end a line (YAML 1.2 §5.1,
    /// §5.7). What `BoundedYAML` counts wherever it stands is escaped too, so that no text makes a file unreadable.
    static func quoted(_ text: String) -> String {
        "\"" + text.unicodeScalars.map(escaped).joined() + "\""
    }

    /// One scalar by itself: a mark that follows a quote must not hide it.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"", "\\": "\\\(scalar)"
        case "[", "]", "{", "}", "*", "&": "\\x" + hexadecimal(scalar, 2)
        case " "..."~": String(scalar)
        default: scalar.value <= 0xFFFF ? "\\u" + hexadecimal(scalar, 4) : "\\U" + hexadecimal(scalar, 8)
        }
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar, _ count: Int) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
