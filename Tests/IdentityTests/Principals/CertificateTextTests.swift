import Identity
import Testing

@Suite struct CertificateTextTests {
    @Test(
        "text that people read as it stands is clean",
        arguments: ["", "a b", "\u{FC}\u{4E2D}\u{1F600}", "a\u{301}", "\u{5D0}"])
    func clean(text: String) {
        #expect(CertificateText.isClean(text))
    }

    @Test(
        "control characters and marks that reorder are not",
        arguments: [
            0x00...0x1F, 0x7F...0x9F, 0x61C...0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069,
        ] as [ClosedRange<UInt32>])
    func unclean(values: ClosedRange<UInt32>) throws {
        for value in values {
            let scalar = try #require(UnicodeScalar(value))
            #expect(!CertificateText.isClean("a\(Character(scalar))b"))
        }
    }

    @Test(
        "their neighbours are",
        arguments: [0x20, 0x7E, 0xA0, 0x200D, 0x2010, 0x2027, 0x202F, 0x2065, 0x206A] as [UInt32])
    func neighbours(value: UInt32) throws {
        #expect(CertificateText.isClean(String(Character(try #require(UnicodeScalar(value))))))
    }
}
