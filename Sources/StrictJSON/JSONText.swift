/// Compact JSON text with one spelling per value, for everything we send (RFC 8259).
///
/// No white space, members in the order given, only the escapes that JSON requires: equal values give equal bytes.
package struct JSONText: Hashable, Sendable {
    /// The text in UTF-8.
    package private(set) var bytes: [UInt8]

    /// Writes one value.
    ///
    /// A real number that is not finite has no spelling in JSON and becomes `null`.
    package init(_ value: JSONValue) {
        bytes = []
        append(value)
    }

    /// The text as a string.
    package var string: String { String(decoding: bytes, as: UTF8.self) }

    private mutating func append(_ value: JSONValue) {
        switch value {
        case .object(let members): appendList(members, in: "{", "}") { $0.append($1) }
        case .array(let elements): appendList(elements, in: "[", "]") { $0.append($1) }
        case .string(let text): append(quoting: text)
        case .integer(let number): append(raw: String(number))
        case .real(let number): append(raw: number.isFinite ? String(number) : "null")
        case .bool(let truth): append(raw: truth ? "true" : "false")
        case .null: append(raw: "null")
        }
    }

    private mutating func append(_ member: JSONMember) {
        append(quoting: member.name)
        append(raw: ":")
        append(member.value)
    }

    private mutating func appendList<Item>(
        _ items: [Item], in opening: String, _ closing: String, _ appendItem: (inout Self, Item) -> Void
    ) {
        append(raw: opening)
        for (index, item) in items.enumerated() {
            if index > 0 { append(raw: ",") }
            appendItem(&self, item)
        }
        append(raw: closing)
    }

    private mutating func append(raw text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func append(quoting text: String) {
        bytes.append(UInt8(ascii: "\""))
        // What needs no escape is copied in runs: lines of certificates are long.
        let text = Array(text.utf8)
        var start = 0
        for (position, byte) in text.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
            bytes += text[start..<position]
            append(escaping: byte)
            start = position + 1
        }
        bytes += text[start...]
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(escaping byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x00..<0x20:
            append(raw: byte < 0x10 ? "u000" : "u00")
            append(raw: String(byte, radix: 16))
        default: bytes.append(byte)
        }
    }
}
