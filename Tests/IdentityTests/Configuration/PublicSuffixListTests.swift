import Identity
import Testing

@Suite struct PublicSuffixListTests {
    private static let list = PublicSuffixList(
        "// a comment\n\ncom\nuk\nco.uk\nck\n*.ck\n!www.ck\njp\n*.kobe.jp\n!city.kobe.jp\r\nexample.host comment\n")

    @Test(
        "the longest rule counts, exceptions before all",
        arguments: [
            ("a.example.com", "example.com"), ("example.com", "example.com"), ("com", nil), ("co.uk", nil),
            ("a.co.uk", "a.co.uk"), ("b.a.co.uk", "a.co.uk"), ("a.uk", "a.uk"), ("x.ck", nil), ("a.x.ck", "a.x.ck"),
            ("b.a.x.ck", "a.x.ck"), ("www.ck", "www.ck"), ("a.www.ck", "www.ck"), ("c.kobe.jp", nil),
            ("b.c.kobe.jp", "b.c.kobe.jp"), ("a.city.kobe.jp", "city.kobe.jp"), ("a.example.host", "a.example.host"),
            ("a.unknown", "a.unknown"), ("unknown", nil), ("", nil), ("B.Co.Uk", "b.co.uk"),
        ] as [(String, String?)])
    func domains(host: String, expected: String?) {
        #expect(Self.list.registrableDomain(of: host) == expected)
    }

    @Test(
        "CA 2.6: an issuer speaks for hosts of its own registrable domain",
        arguments: [
            ("a.example.com", "b.example.com", true), ("a.co.uk", "b.co.uk", false), ("x.a.co.uk", "y.a.co.uk", true),
            ("co.uk", "co.uk", true), ("co.uk", "a.co.uk", false), ("a.example.com", "a.example.host", false),
        ])
    func permission(domain: String, issuer: String, isPermitted: Bool) {
        #expect(Self.list.permits(domain, for: issuer) == isPermitted)
    }
}
