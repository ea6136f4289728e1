import Testing

@testable import Identity

@Suite struct AddressPolicyTests {
    private static func addresses(_ texts: [String]) -> [IPAddress] { texts.compactMap { IPAddress(text: $0) } }

    @Test(
        "R-35 where the issuer's own host may be",
        arguments: [
            ("https://i.example.com", true, "10.0.0.1", true), ("https://i.example.com", true, "127.0.0.1", true),
            ("https://i.example.com", true, "0.0.0.0", false), ("https://i.example.com", true, "224.0.0.1", false),
            ("https://i.example.com", false, "10.0.0.1", false),
            ("https://i.example.com", false, "::ffff:10.0.0.1", false),
            ("https://i.example.com", false, "8.8.8.8", true), ("http://localhost", true, "127.0.0.1", true),
            ("http://localhost", true, "10.0.0.1", false), ("http://localhost", true, "8.8.8.8", false),
        ])
    func own(url: String, allowsPrivate: Bool, address: String, isAdmitted: Bool) throws {
        let issuer = try OIDCIssuer(
            url: url, clientID: "c", type: "email", allowsPrivateAddresses: allowsPrivate)
        #expect(AddressPolicy.issuer(issuer).admits(Self.addresses([address])) == isAdmitted)
    }

    @Test(
        "R-35 where another host may be",
        arguments: [
            (["8.8.8.8"], ["1.1.1.1"], true), (["8.8.8.8"], ["127.0.0.1"], false), (["8.8.8.8"], ["10.0.0.1"], false),
            (["8.8.8.8"], ["169.254.169.254"], false), (["8.8.8.8"], ["1.1.1.1", "127.0.0.1"], false),
            (["10.0.0.1"], ["10.0.0.2"], true), (["10.0.0.1"], ["127.0.0.1"], false), (["127.0.0.1"], ["::1"], true),
            (["8.8.8.8"], ["0.0.0.0"], false), (["0.0.0.0"], ["0.0.0.0"], false),
        ])
    func elsewhere(issuer: [String], other: [String], isAdmitted: Bool) {
        let policy = AddressPolicy.elsewhere(issuerFoundAt: Self.addresses(issuer))
        #expect(policy.admits(Self.addresses(other)) == isAdmitted)
    }
}
