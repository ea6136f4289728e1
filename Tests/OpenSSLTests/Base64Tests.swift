import OpenSSL
import Testing

@Suite struct Base64Tests {
    @Test(
        "encodes the examples of RFC 4648 §10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func encoding(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decodeStandard(Array(text.utf8)) == Array(plain.utf8))
    }

    @Test(
        "the standard decoder refuses every second spelling",
        arguments: ["Zg", "Zg=", "Zh==", "Zm9v\n", "Zm9v ", "Zm9=", "Zm-v", "====", "Z===", "Zg==Zg==", "Zm9vZ"])
    func strictStandard(text: String) {
        #expect(Base64.decodeStandard(Array(text.utf8)) == nil)
    }

    @Test(
        "the URL decoder refuses padding, the other alphabet, blanks and unused bits",
        arguments: ["Zg==", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm9v\n", " Zm9v", "Z"])
    func strictURL(text: String) {
        #expect(Base64.decodeURLUnpadded(Array(text.utf8)) == nil)
    }

    @Test(
        "API-08: either alphabet, padded or not, never mixed",
        arguments: [
            ("+/8=", [0xFB, 0xFF]), ("-_8=", [0xFB, 0xFF]), ("-_8", [0xFB, 0xFF]), ("+/8", [0xFB, 0xFF]),
            ("+_8=", nil), ("+/8= ", nil), ("+/ 8=", nil), ("+/8==", nil), ("!!!", nil),
        ] as [(String, [UInt8]?)])
    func either(text: String, bytes: [UInt8]?) {
        #expect(Base64.decodeEither(Array(text.utf8)) == bytes)
    }

    @Test func `all lengths survive the way there and back in both alphabets`() throws {
        for count in 0..<70 {
            let bytes = try RandomBytes.generate(count: count)
            #expect(Base64.decodeStandard(Array(Base64.encode(bytes).utf8)) == bytes)
            #expect(Base64.decodeURLUnpadded(Array(Base64.encodeURL(bytes).utf8)) == bytes)
        }
    }
}
