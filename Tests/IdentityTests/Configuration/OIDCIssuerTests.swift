import Identity
import Testing

@Suite struct OIDCIssuerTests {
    private static let url = "https://issuer.example.com"

    @Test func `TOK-25 a plain issuer has the defaults of its kind`() throws {
        let email = try OIDCIssuer(url: Self.url, clientID: "sigstore", type: "email")
        #expect(email.kind == .email(issuerClaim: nil, skipVerification: false))
        #expect(email.challengeClaim == "email")
        #expect(email.type == "email")
        #expect(!email.isInsecure)
        let github = try OIDCIssuer(
            url: Self.url, clientID: "sigstore", type: "github-workflow", skipEmailVerification: true)
        #expect(github.challengeClaim == "sub")
        #expect(github.type == "github-workflow")
        #expect(!github.skipsEmailVerification)
    }

    @Test func `API-22 a challenge claim is advertised instead of the default`() throws {
        let issuer = try OIDCIssuer(url: Self.url, clientID: "sigstore", type: "email", challengeClaim: "upn")
        #expect(issuer.challengeClaim == "upn")
    }

    @Test func `TOK-25 mistakes are named with the specified texts, all at once`() {
        let mistakes = { (body: () throws -> OIDCIssuer) -> [String] in
            do {
                _ = try body()
                return []
            } catch {
                return (error as? OIDCIssuerError)?.messages ?? []
            }
        }
        #expect(
            mistakes {
                try OIDCIssuer(
                    url: Self.url, clientID: "c", type: "github-workflow", issuerClaim: "$.a", trustRoots: "junk")
            } == [
                "failed to parse CA certificate for issuer \(Self.url)",
                "only email issuers can use issuer claim mapping",
            ])
        #expect(
            mistakes { try OIDCIssuer(url: Self.url, clientID: "c", type: "mystery") }
                .contains("issuer missing challenge claim"))
        #expect(
            mistakes { try OIDCIssuer(url: Self.url, clientID: "c", type: "mystery", challengeClaim: "x") }.count == 1)
        #expect(mistakes { try OIDCIssuer(url: Self.url, clientID: "", type: "email") }.count == 1)
        #expect(mistakes { try OIDCIssuer(url: Self.url, clientID: "c", type: "email", issuerClaim: "a.b") }.count == 1)
        #expect(mistakes { try OIDCIssuer(url: "ftp://x", clientID: "", type: "") }.count == 4)
    }

    @Test(
        "R-35 issuer URLs that are taken",
        arguments: [
            "https://issuer.example.com", "https://issuer.example.com/", "https://issuer.example.com:8443/a/b",
            "https://10.0.0.1", "https://[2001:db8::1]:8443", "http://127.0.0.1:9000", "http://127.8.7.6",
            "http://localhost",
            "http://localhost:80/dex", "http://[::1]:9000", "http://LOCALHOST:9000",
        ])
    func accepted(url: String) throws {
        let issuer = try OIDCIssuer(url: url, clientID: "c", type: "email")
        #expect(issuer.url == url)
        #expect(issuer.isInsecure == url.hasPrefix("http:"))
    }

    @Test(
        "R-35 issuer URLs that are refused",
        arguments: [
            "", "issuer.example.com", "ftp://issuer.example.com", "https:/issuer.example.com", "https://", "https:///a",
            "http://issuer.example.com", "http://10.0.0.1", "http://127.1", "http://0x7f.1", "http://2130706433",
            "http://0177.0.0.1", "http://localhost.", "http://localhost.example.com", "http://127.0.0.1.example.com",
            "http://[::ffff:10.0.0.1]", "http://localhost@evil.example.com", "https://user@issuer.example.com",
            "https://issuer.example.com?a=b", "https://issuer.example.com/#f", "https://issuer.example.com#f",
            "https://*.example.com", "https://issuer.example.com/*", "https://issuer.example.com\n",
            "https://issuer .com",
            "https://issuer.example.com:0", "https://issuer.example.com:65536", "https://issuer.example.com:",
            "https://[::1",
            "https://[::1]x", "https://::1", "https://issuer.example.com\\@evil.example.com",
            "HTTPS://issuer.example.com",
            "https://b\u{FC}cher.example.com", "https://issuer..example.com", "https://.example.com",
            "https://a%2eb.com",
            "https://issuer.example.com/\u{FC}", " https://issuer.example.com",
        ])
    func refused(url: String) {
        #expect(throws: OIDCIssuerError.self) { try OIDCIssuer(url: url, clientID: "c", type: "email") }
    }
}
