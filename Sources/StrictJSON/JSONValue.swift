/// A JSON value: what was read from outside, or what an answer is made of (RFC 8259).
///
/// Members keep their order. Integers stay exact; a number with a fraction or an exponent is a `real`.
package enum JSONValue: Hashable, Sendable {
    case object([JSONMember])
    case array([JSONValue])
    case string(String)
    case integer(Int64)
    case real(Double)
    case bool(Bool)
    case null

    /// Reads one JSON text from outside.
    ///
    /// The text is scanned first (`JSONScan`), then parsed by jansson with duplicate names refused (reliability R-24).
    /// Throws for anything that is not exactly one object or array in valid UTF-8 within the limits.
    package init(
        parsing bytes: [UInt8], limits: JSONLimits, trailing: TrailingBytes = .refused
    ) throws(JSONError) {
        let scan = try JSONScan(bytes, limits: limits, trailing: trailing)
        let document = try JSONDocument(bytes, in: scan.value)
        self = try document.value(limits: limits)
    }

    /// The value of the member with exactly this name; nil when this is no object or has no such member.
    ///
    /// Names are compared byte for byte: Swift's `==` would take U+212A (kelvin sign) for a `K`.
    package subscript(name: String) -> JSONValue? {
        members?.first { $0.name.hasSameBytes(as: name) }?.value
    }

    /// The members in their order; nil when this is no object.
    package var members: [JSONMember]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The elements; nil when this is no array.
    package var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The text; nil when this is no string.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The whole number; nil when this is not written as one.
    package var integer: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// The truth value; nil when this is neither `true` nor `false`.
    package var bool: Bool? {
        if case .bool(let truth) = self { truth } else { nil }
    }

    /// Whether this is `null`.
    package var isNull: Bool {
        if case .null = self { true } else { false }
    }
}
