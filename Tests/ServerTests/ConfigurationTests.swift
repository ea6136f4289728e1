import Identity
import OpenSSL
import TransparencyLog
@testable import Server
import Testing

@Suite struct IssuerFileTests {
    private static func mistakes(_ text: String) -> [String] {
        var warnings: [String] = []
        do {
            _ = try IssuerFile.issuers(in: text, warnings: &warnings)
            return []
        } catch {
            return error.lines
        }
    }

    private static func issuer(_ fields: String, url: String = "https://a.example.org") -> String {
        "oidc-issuers:\n  \(url):\n    issuer-url: \(url)\n    client-id: sigstore\n    \(fields)\n"
    }

    @Test("TOK-26: YAML with anchors and aliases as keys, and JSON, load to the same issuers")
    func spellings() throws {
        let yaml = """
            define:
              - &url https://a.example.org
            oidc-issuers:
              *url :
                issuer-url: *url
                client-id: sigstore
                type: email
                description: somebody
            """
        let json = """
            {"OIDCIssuers":{"https://a.example.org":{"IssuerURL":"https://a.example.org","ClientID":"sigstore",
             "Type":"email","Description":"somebody"}}}
            """
        var warnings: [String] = []
        let first = try IssuerFile.issuers(in: yaml, warnings: &warnings)
        #expect(warnings.count == 1)
        #expect(try first == IssuerFile.issuers(in: json, warnings: &warnings))
        #expect(first.issuers.map(\.url) == ["https://a.example.org"])
        #expect(first.issuers.first?.challengeClaim == "email")
    }

    @Test(
        "TOK-25: each row that is wrong stops the start",
        arguments: [
            "", "just text", "[]", "oidc-issuers: 5", "a: [", "oidc-issuers:\n  https://a.example.org: 5\n",
            issuer("type: unheard-of"), issuer("type: unheard-of\n    challenge-claim: sub"), issuer("type: [email]"),
            issuer("type: github-workflow\n    issuer-claim: $.x"), issuer("type: email\n    issuer-claim: x["),
            issuer("type: email\n    ca-cert: nonsense"), issuer("type: email\n    skip-email-verification: maybe"),
            issuer("type: email", url: "http://a.example.org"), issuer("type: email", url: "https://*.example.org"),
            issuer("type: email\n    type: email"),
            issuer("type: email").replacing("issuer-url: https://a", with: "issuer-url: https://b"),
            issuer("type: email").replacing("client-id: sigstore", with: "client-id: ''"),
            issuer("type: email") + "meta-issuers:\n  https://*.x.y:\n    type: email\n",
        ])
    func wrong(text: String) {
        #expect(!Self.mistakes(text).isEmpty)
    }

    @Test func `all mistakes of a file are reported at once`() {
        let text = """
            oidc-issuers:
              https://a.example.org: {issuer-url: 'https://x', client-id: '', type: email}
              https://b.example.org: {issuer-url: 'https://b.example.org', client-id: s, type: nonsense}
            """
        #expect(Self.mistakes(text).count >= 3)
    }
}

@Suite struct PublicURLTests {
    @Test(
        "an origin and nothing else",
        arguments: [
            ("https://ca.example.org", true), ("https://ca.example.org/", true), ("http://127.0.0.1:8080", true),
            ("https://[::1]:8080", true), ("https://ca.example.org/ca", false), ("ca.example.org", false),
            ("https://", false), ("https://u@h", false), ("https://h?x", false), ("https://h#x", false),
            ("ftp://h", false), ("https://h h", false), ("https://h\n", false), ("https://h:99999", false),
            ("https://h:", false), ("https://h:x", false),
            ("https://:80", false), ("https://[::1", false), ("https://[::1]x", false),
            ("https://CA.Example.org", true),
        ])
    func origins(text: String, isGood: Bool) {
        #expect((PublicURL(text) != nil) == isGood)
    }

    @Test("the log's name is the submission prefix without scheme", arguments: ["2026a", "", ".", "a/b", "a b", "ü"])
    func shards(shard: String) throws {
        let url = try #require(PublicURL("https://ca.example.org/"))
        #expect(url.origin(shard: shard)?.text == (shard == "2026a" ? "ca.example.org/log/2026a" : nil))
    }
}

@Suite struct DataDirectoryTests {
    @Test func `an unknown key and each missing one are mistakes`() {
        #expect {
            try DataDirectorySettings(yaml: "organisation: x\n")
        } throws: { error in
            ((error as? ConfigurationMistakes)?.lines.count ?? 0) >= 5
        }
    }

    @Test(
        "R-43 TL-65: init makes what serve loads, for its owner alone, and never twice",
        arguments: [CAKeyType.p256, .p384])
    func creation(keyType: CAKeyType) async throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let directory = DataDirectory("\(base.path)/d")
        let passphrase = try Passphrase([1, 2, 3])
        let new = try NewAuthority(
            organization: "Example", publicURL: "https://ca.example.org", shard: "2026a", certificates: .new(keyType),
            now: .now())
        _ = try await new.create(at: directory, passphrase: passphrase)
        let key = try PrivateFile.read(directory.issuingKey, readers: .ownerOnly)
        _ = try PrivateKey(pem: key, passphrase: passphrase)
        await #expect(throws: ConfigurationMistakes.self) {
            try await new.create(at: directory, passphrase: passphrase)
        }
        #expect(try base.contents() == ["d"])
    }

    @Test("R-43: a key file that others may read, and a link to one, are refused")
    func openKey() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let path = "\(base.path)/key"
        try PrivateFile.create(path, [1])
        #expect(try PrivateFile.read(path, readers: .ownerOnly) == [1])
        try base.link("\(base.path)/link", to: path)
        #expect(throws: FileError.self) { try PrivateFile.read("\(base.path)/link", readers: .ownerOnly) }
        try base.setMode(path, 0o644)
        #expect(throws: FileError.self) { try PrivateFile.read(path, readers: .ownerOnly) }
        #expect(try PrivateFile.read(path, readers: .anyone) == [1])
        #expect(throws: FileError.self) { try PrivateFile.create(path, [2]) }
    }
}
