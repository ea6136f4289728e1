import StrictJSON
import Testing

@testable import Identity

@Suite struct MatchedIssuerPortTests {
    @Test(
        "R-35: a document of an issuer that only a pattern names chooses no port",
        arguments: [
            ("https://keys.example.org/k", true), ("https://keys.example.org:443/k", true),
            ("https://keys.example.org:8443/k", true), ("https://keys.example.org:22/k", false),
        ])
    func ports(keys: String, isAccepted: Bool) throws {
        let issuer = try OIDCIssuer(
            url: "https://a.example.com:8443", clientID: "sigstore", type: "email", allowsPrivateAddresses: false)
        let metadata = try? ProviderMetadata(
            ["issuer": .string(issuer.url), "jwks_uri": .string(keys)], issuer: issuer)
        #expect((metadata != nil) == isAccepted)
    }
}
