import Identity
import Testing

@Suite struct IPNetworkTests {
    @Test(
        "R-27 an address lies in a network when their first bits are equal",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false), ("192.168.4.0/22", "192.168.7.255", true),
            ("192.168.4.0/22", "192.168.8.0", false), ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false), ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false), ("::/0", "10.0.0.1", false),
        ])
    func contains(network: String, address: String, isInside: Bool) throws {
        let network = try #require(IPNetwork(text: network))
        #expect(network.contains(try #require(IPAddress(text: address))) == isInside)
    }

    @Test(
        "R-27 what names no network is none",
        arguments: [
            "", "10", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.1/8", "::1/129",
            "10.0.0.0/8/8", "2001:db8::1/32", "localhost", "10.0.0.0 /8",
        ])
    func refused(text: String) {
        #expect(IPNetwork(text: text) == nil)
    }
}
