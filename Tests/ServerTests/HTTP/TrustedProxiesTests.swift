import HTTPTypes
import Identity
import Testing

@testable import Server

@Suite struct TrustedProxiesTests {
    private static func proxies(_ texts: String...) -> TrustedProxies {
        TrustedProxies(texts.compactMap { IPNetwork(text: $0) })
    }

    private static func client(_ connection: String?, _ forwarded: [String], _ proxies: TrustedProxies) -> String? {
        var fields = HTTPFields()
        for text in forwarded {
            if let name = HTTPField.Name("X-Forwarded-For") { fields.append(HTTPField(name: name, value: text)) }
        }
        if let name = HTTPField.Name("Forwarded") { fields.append(HTTPField(name: name, value: "for=9.9.9.9")) }
        return proxies.client(of: connection, fields)
    }

    @Test(
        "R-27 the right-most address that is no trusted proxy's is the client's",
        arguments: [
            ("10.1.2.3", ["7.7.7.7"], "7.7.7.7"),
            ("10.1.2.3", ["6.6.6.6, 7.7.7.7"], "7.7.7.7"),
            ("10.1.2.3", ["6.6.6.6", "7.7.7.7, 10.9.9.9"], "7.7.7.7"),
            ("10.1.2.3", ["10.4.4.4, 10.5.5.5"], "10.4.4.4"),
            ("::ffff:10.1.2.3", ["7.7.7.7"], "7.7.7.7"),
            ("10.1.2.3", ["7.7.7.7:4711"], "7.7.7.7"),
            ("10.1.2.3", ["[2001:db8::1]:4711"], "2001:db8:0:0:0:0:0:1"),
            ("fd00::1", ["2001:db8::1"], "2001:db8:0:0:0:0:0:1"),
            // What is no address ends the search at whoever sent it.
            ("10.1.2.3", ["7.7.7.7, unknown, 10.9.9.9"], "10.9.9.9"),
            ("10.1.2.3", ["unknown"], "10.1.2.3"),
            ("10.1.2.3", [""], "10.1.2.3"),
            ("10.1.2.3", [], "10.1.2.3"),
            ("10.1.2.3", [String(repeating: "1.1.1.1,", count: 1000) + "7.7.7.7"], "10.1.2.3"),
            // Nobody else's word counts.
            ("8.8.8.8", ["7.7.7.7"], "8.8.8.8"),
            ("11.0.0.1", ["10.1.1.1"], "11.0.0.1"),
        ] as [(String, [String], String)])
    func client(connection: String, forwarded: [String], expected: String) {
        #expect(Self.client(connection, forwarded, Self.proxies("10.0.0.0/8", "fd00::/64")) == expected)
    }

    @Test func `R-27 without proxies no header counts, and an unknown address stays unknown`() {
        #expect(Self.client("10.1.2.3", ["7.7.7.7"], TrustedProxies()) == "10.1.2.3")
        #expect(Self.client(nil, ["7.7.7.7"], Self.proxies("0.0.0.0/0")) == nil)
    }
}
