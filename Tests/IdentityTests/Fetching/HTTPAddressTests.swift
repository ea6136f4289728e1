import Identity
import Testing

@Suite struct HTTPAddressTests {
    @Test(
        "a URL is put together as it was taken apart",
        arguments: [
            ("https://Example.COM", "https://example.com/"), ("https://example.com:443/a", "https://example.com/a"),
            ("http://example.com:80", "http://example.com/"),
            ("https://example.com:80/a?b=c?d", "https://example.com:80/a?b=c?d"),
            ("https://[2001:DB8::1]/x", "https://[2001:db8::1]/x"), ("https://example.com?q", "https://example.com/?q"),
        ])
    func text(url: String, expected: String) {
        #expect(HTTPAddress(url)?.text == expected)
    }

    @Test(
        "TOK-07 references are resolved against the URL they were found at",
        arguments: [
            ("/b", "https://h.example/b"), ("b", "https://h.example/a/b"), ("?q", "https://h.example/a/?q"),
            ("//other.example/b", "https://other.example/b"), ("https://h.example:444/b", "https://h.example:444/b"),
            ("http://h.example/b", "http://h.example/b"), ("javascript://h.example/b", nil), ("/a b", nil),
            ("/a#f", nil),
            ("https://u@h.example/b", nil), ("/redirect?to=https://x", "https://h.example/redirect?to=https://x"),
        ])
    func resolving(reference: String, expected: String?) throws {
        let base = try #require(HTTPAddress("https://h.example/a/x"))
        #expect(base.resolving(reference)?.text == expected)
    }

    @Test func `TOK-07 scheme, host and port make the origin`() throws {
        let origin = try #require(HTTPAddress("https://h.example/a")).origin
        #expect(HTTPAddress("https://H.example:443/b")?.origin == origin)
        for other in ["http://h.example", "https://h.example:444", "https://h.example.", "https://g.example"] {
            #expect(HTTPAddress(other)?.origin != origin)
        }
    }
}
