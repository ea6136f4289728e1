import OpenSSL
import Testing

@Suite struct PercentEncodingTests {
    @Test(
        "an escape becomes its octet, and everything else stays",
        arguments: [
            ("", ""), ("a+b", "a+b"), ("%61%2B%2b", "a++"), ("%25", "%"), ("%2525", "%25"), ("a%2Fb%2fc", "a/b/c"),
            ("%E2%82%AC", "\u{20AC}"), ("\u{20AC}", "\u{20AC}"),
        ])
    func decoding(text: String, expected: String) {
        #expect(PercentEncoding.decode(text.utf8) == Array(expected.utf8))
    }

    @Test(
        "R-22 an escape without two hexadecimal digits has no result",
        arguments: ["%", "a%", "%2", "%2g", "%g2", "%%20", "% 20", "%+1", "%-1", "%0x", "%\u{FF12}0", "%\u{663}0"])
    func invalid(text: String) {
        #expect(PercentEncoding.decode(text.utf8) == nil)
        #expect(PercentEncoding.decode(text.utf8, keepingSlashes: true) == nil)
    }

    @Test func `octets that are no text are decoded as well`() {
        #expect(PercentEncoding.decode("%00%FFx".utf8) == [0, 0xFF, 0x78])
        #expect(PercentEncoding.decode([0xFF, 0x25, 0x30, 0x30][...]) == [0xFF, 0])
    }

    @Test(
        "an escaped slash can be kept from separating segments",
        arguments: [("a%2fb/c%2Fd", "a%2Fb/c%2Fd"), ("%252F", "%2F"), ("%61/%2e", "a/.")])
    func keptSlashes(text: String, expected: String) {
        #expect(PercentEncoding.decode(text.utf8, keepingSlashes: true) == Array(expected.utf8))
    }

    @Test(
        "all but printable ASCII is escaped, and the percent sign",
        arguments: [("", ""), ("a ~!", "a ~!"), ("%", "%25"), ("\u{20AC}\n\u{7F}", "%E2%82%AC%0A%7F"), ("\0", "%00")])
    func encoding(text: String, expected: String) {
        #expect(PercentEncoding.encode(text.utf8) == expected)
        #expect(PercentEncoding.decode(expected.utf8) == Array(text.utf8))
    }
}
