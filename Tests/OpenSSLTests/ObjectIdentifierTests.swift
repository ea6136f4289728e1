import OpenSSL
import Testing

@Suite struct ObjectIdentifierTests {
    @Test(
        "object identifiers keep their dots",
        arguments: [
            "2.5.29.17", "1.3.6.1.4.1.57264.1.24", "1.3.6.1.4.1.11129.2.4.3", "0.9.2342", "2.999.1",
            "1.2.9223372036854775807", "2.9223372036854775727",
        ])
    func objectIdentifiers(dotted: String) throws {
        let id = try #require(ObjectIdentifier(dotted))
        #expect(id.dotted == dotted)
        #expect(ObjectIdentifier(content: id.content) == id)
    }

    @Test(
        "object identifiers that are none",
        arguments: [
            [], [0x80, 0x01], [0x55, 0x80], [UInt8](repeating: 0xFF, count: 20), [UInt8](repeating: 1, count: 65),
        ])
    func badObjectIdentifiers(content: [UInt8]) {
        #expect(ObjectIdentifier(content: content) == nil)
    }

    @Test(
        "texts that are no object identifier",
        arguments: ["", "1", "1.", "3.1", "1.40", "1.2.9223372036854775808", "2.9223372036854775728", "1.-2", "1.a"])
    func badTexts(dotted: String) {
        #expect(ObjectIdentifier(dotted) == nil)
    }
}
