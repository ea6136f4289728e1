import OpenSSL
import Testing

@Suite struct HexadecimalTests {
    @Test func `every octet survives the way there and back, in either case`() {
        let all = [UInt8](0...255)
        #expect([UInt8](hexadecimal: all.hexadecimal) == all)
        #expect([UInt8](hexadecimal: all.hexadecimal.uppercased()) == all)
        #expect([0x0A, 0xF0].hexadecimal == "0af0")
    }

    @Test(
        "other texts name no octets", arguments: ["0", "0g", "0x00", " 00", "00 ", "-1", "\u{FF10}\u{FF10}", "\u{FC}"])
    func invalid(text: String) {
        #expect([UInt8](hexadecimal: text) == nil)
    }
}
