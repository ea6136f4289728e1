/// Encodes single DER elements (X.690).
package enum DERWriter {
    /// One element with a definite, minimal length.
    package static func element(tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(content.count + 6)
        result.append(tag)
        appendLength(content.count, to: &result)
        result.append(contentsOf: content)
        return result
    }

    /// A SEQUENCE of encoded elements.
    package static func sequence(_ elements: [[UInt8]]) -> [UInt8] {
        element(tag: DERTag.sequence, Array(elements.joined()))
    }

    /// A SET of one encoded element.
    package static func set(_ member: [UInt8]) -> [UInt8] {
        element(tag: DERTag.set, member)
    }

    /// A non-negative INTEGER from its big-endian magnitude; leading zeros do not matter.
    package static func integer(unsigned magnitude: [UInt8]) -> [UInt8] {
        let minimal = Array(magnitude.drop { $0 == 0 })
        let needsSign = minimal.first.map { $0 & 0x80 != 0 } ?? true
        return element(tag: DERTag.integer, (needsSign ? [0] : []) + minimal)
    }

    /// A BIT STRING without unused bits.
    package static func bitString(_ bytes: [UInt8]) -> [UInt8] {
        element(tag: DERTag.bitString, [0] + bytes)
    }

    /// An OCTET STRING.
    package static func octetString(_ bytes: [UInt8]) -> [UInt8] {
        element(tag: DERTag.octetString, bytes)
    }

    /// An OBJECT IDENTIFIER.
    package static func objectIdentifier(_ id: ObjectIdentifier) -> [UInt8] {
        element(tag: DERTag.objectIdentifier, id.content)
    }

    /// A UTF8String.
    package static func utf8String(_ text: String) -> [UInt8] {
        element(tag: DERTag.utf8String, Array(text.utf8))
    }

    /// A NULL.
    package static let null: [UInt8] = [DERTag.null, 0]

    private static func appendLength(_ length: Int, to result: inout [UInt8]) {
        guard length >= 0x80 else { return result.append(UInt8(length)) }
        var octets: [UInt8] = []
        var rest = length
        while rest > 0 {
            octets.append(UInt8(rest & 0xFF))
            rest >>= 8
        }
        result.append(0x80 | UInt8(octets.count))
        result.append(contentsOf: octets.reversed())
    }
}
