import OpenSSL
import Testing

@Suite struct DERReaderTests {
    @Test(
        "refuses what is BER and not DER",
        arguments: [
            ("3080020100", "indefinite length"), ("30810300010203", "long form of a short length"),
            ("3082000302010000", "length with a leading zero"), ("30050201000500", "trailing element"),
            ("3005020100", "longer than its container"), ("1f8101", "tag of several octets"), ("30", "no length"),
            ("3085010000000000", "absurd length"), ("", "nothing"),
        ])
    func berIsRefused(hex: String, why: Comment) throws {
        let bytes = try #require([UInt8](hexadecimal: hex))
        #expect(throws: DERError.self, why) {
            var reader = DERReader(bytes)
            let element = try reader.next()
            if element.tag == DERTag.sequence {
                var inner = DERReader(bytes, in: element.content)
                _ = try inner.next()
                try inner.requireEnd()
            }
        }
    }

    @Test(
        "integers must be minimal and not negative",
        arguments: [
            ("020100", [0]), ("02017f", [0x7F]), ("02020080", [0x80]), ("0200", nil), ("0202007f", nil),
            ("0201ff", nil),
        ] as [(String, [UInt8]?)])
    func integers(hex: String, expected: [UInt8]?) throws {
        var reader = DERReader(try #require([UInt8](hexadecimal: hex)))
        #expect((try? reader.unsignedInteger()) == expected)
    }

    @Test func `a boolean is TRUE in its one spelling`() throws {
        var good = DERReader([1, 1, 0xFF])
        try good.trueBoolean()
        for octet: UInt8 in [0, 1, 0x7F] {
            var bad = DERReader([1, 1, octet])
            #expect(throws: DERError.self) { try bad.trueBoolean() }
        }
    }
}
