import OpenSSL
import Testing

@Suite struct DERWriterTests {
    @Test("lengths around every boundary survive", arguments: [0, 1, 127, 128, 255, 256, 65_535, 65_536])
    func lengths(count: Int) throws {
        let content = [UInt8](repeating: 7, count: count)
        var reader = DERReader(DERWriter.octetString(content))
        #expect(try reader.content(tag: DERTag.octetString) == content)
        try reader.requireEnd()
    }
}
