/// Walks over DER without building anything: definite, minimal lengths and one-octet tags only (X.690 §10.1).
///
/// This is the checker of what libcrypto encodes and of what strangers send, so it shares no code with libcrypto.
package struct DERReader: Sendable {
    /// The bytes that the ranges of elements refer to.
    package let bytes: [UInt8]

    private var position: Int
    private let end: Int

    /// A reader of all of `bytes`.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    /// A reader of one range of `bytes`, such as an element's content; the range is cut to the bytes there are.
    package init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        let bounds = range.clamped(to: 0..<bytes.count)
        position = bounds.lowerBound
        end = bounds.upperBound
    }

    /// Whether nothing is left.
    package var isAtEnd: Bool { position == end }

    /// The next element's tag, without moving; nil at the end.
    package func peekTag() -> UInt8? {
        isAtEnd ? nil : bytes[position]
    }

    /// The next element of any tag.
    package mutating func next() throws(DERError) -> DERElement {
        let start = position
        let tag = try readByte()
        guard tag & 0x1F != 0x1F else { throw DERError("tag of more than one octet") }
        let length = try readLength()
        guard length <= end - position else { throw DERError("element longer than its container") }
        let content = position..<(position + length)
        position = content.upperBound
        return DERElement(tag: tag, encoded: start..<position, content: content)
    }

    /// The next element, which must have this tag.
    package mutating func next(tag: UInt8) throws(DERError) -> DERElement {
        guard let found = peekTag() else { throw DERError("expected tag \(tag), found the end") }
        guard found == tag else { throw DERError("expected tag \(tag), found \(found)") }
        return try next()
    }

    /// A reader of the content of the next element, which must have this tag.
    package mutating func nested(tag: UInt8) throws(DERError) -> DERReader {
        DERReader(bytes, in: try next(tag: tag).content)
    }

    /// Throws when anything is left.
    package func requireEnd() throws(DERError) {
        guard isAtEnd else { throw DERError("trailing bytes") }
    }

    /// The content octets of the next element, which must have this tag.
    package mutating func content(tag: UInt8) throws(DERError) -> [UInt8] {
        Array(bytes[try next(tag: tag).content])
    }

    /// The content of a non-negative INTEGER without its sign octet; throws when negative or not minimal.
    package mutating func unsignedInteger() throws(DERError) -> [UInt8] {
        let content = try content(tag: DERTag.integer)
        guard let first = content.first else { throw DERError("integer without content") }
        guard first & 0x80 == 0 else { throw DERError("negative integer") }
        guard content.count > 1, first == 0 else { return content }
        guard content[1] & 0x80 != 0 else { throw DERError("integer not minimal") }
        return Array(content.dropFirst())
    }

    /// A BOOLEAN that is TRUE; DER leaves out a FALSE that is the default (X.690 §11.1, §11.5).
    package mutating func trueBoolean() throws(DERError) {
        guard try content(tag: DERTag.boolean) == [0xFF] else { throw DERError("boolean other than TRUE") }
    }

    /// The octets of a BIT STRING without unused bits.
    package mutating func bitString() throws(DERError) -> [UInt8] {
        let content = try content(tag: DERTag.bitString)
        guard content.first == 0 else { throw DERError("bit string with unused bits") }
        return Array(content.dropFirst())
    }

    /// An OBJECT IDENTIFIER.
    package mutating func objectIdentifier() throws(DERError) -> ObjectIdentifier {
        guard let id = ObjectIdentifier(content: try content(tag: DERTag.objectIdentifier)) else {
            throw DERError("malformed object identifier")
        }
        return id
    }

    private mutating func readByte() throws(DERError) -> UInt8 {
        guard position < end else { throw DERError("truncated") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func readLength() throws(DERError) -> Int {
        let first = try readByte()
        guard first >= 0x80 else { return Int(first) }
        let count = Int(first & 0x7F)
        guard (1...4).contains(count) else { throw DERError("indefinite or absurd length") }
        var length = 0
        for index in 0..<count {
            let byte = try readByte()
            guard index > 0 || byte != 0 else { throw DERError("length not minimal") }
            length = length << 8 | Int(byte)
        }
        guard length >= 0x80 else { throw DERError("length not minimal") }
        return length
    }
}
