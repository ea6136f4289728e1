import Identity
import Testing

@Suite struct IPAddressTests {
    @Test(
        "R-35 how far an address reaches",
        arguments: [
            ("8.8.8.8", .global), ("1.1.1.1", .global), ("192.0.3.1", .global), ("172.32.0.1", .global),
            ("10.1.2.3", .privateNetwork), ("172.16.0.1", .privateNetwork), ("172.31.255.255", .privateNetwork),
            ("192.168.0.1", .privateNetwork), ("100.64.0.1", .privateNetwork), ("100.128.0.1", .global),
            ("127.0.0.1", .loopback), ("127.255.0.9", .loopback), ("169.254.169.254", .linkLocal),
            ("0.0.0.0", .unusable), ("224.0.0.1", .unusable), ("255.255.255.255", .unusable), ("240.0.0.1", .unusable),
            ("192.0.2.7", .unusable), ("::", .unusable), ("::1", .loopback), ("2606:4700::1111", .global),
            ("fe80::1", .linkLocal), ("febf::1", .linkLocal), ("fec0::1", .privateNetwork),
            ("fc00::1", .privateNetwork),
            ("fdff::1", .privateNetwork), ("ff02::1", .unusable), ("::ffff:127.0.0.1", .loopback),
            ("::ffff:10.0.0.1", .privateNetwork), ("::ffff:8.8.8.8", .global), ("64:ff9b::169.254.169.254", .linkLocal),
            ("64:ff9b::808:808", .global), ("64:ff9b:1::10.0.0.1", .privateNetwork), ("2002:7f00:1::", .loopback),
            ("2001::1", .unusable), ("2001:db9::1", .global), ("::127.0.0.1", .unusable), ("4000::1", .unusable),
        ] as [(String, IPAddress.Reach)])
    func reach(text: String, reach: IPAddress.Reach) throws {
        let address = try #require(IPAddress(text: text))
        #expect(address.reach == reach)
        #expect(IPAddress(text: address.text) == address)
    }

    @Test(
        "R-35 forms that readers disagree about are refused",
        arguments: [
            "", "127.1", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.", "127.0.0.256", "127.0.0", "1.2.3.4.5", "2130706433",
            "::1%lo", ":::", "1::2::3", "12345::", "::g", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "[::1]",
            "1:2:3:4:5:6:7::8",
            "::1.2.3", "::1.2.3.4:5", "+1.2.3.4", "1.2.3.4 ", "\u{661}.2.3.4", ":1",
        ])
    func refused(text: String) {
        #expect(IPAddress(text: text) == nil)
    }

    @Test func `addresses are four or sixteen bytes`() {
        #expect(IPAddress(bytes: [127, 0, 0, 1])?.reach == .loopback)
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
        #expect(IPAddress(bytes: []) == nil)
    }
}
