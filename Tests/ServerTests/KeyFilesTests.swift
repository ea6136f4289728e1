import OpenSSL
import StrictJSON
import Testing

@testable import Server

@Suite struct SigstorePrivateKeyTests {
    /// A P-256 key made for this test, sealed by libsodium under `correct horse`.
    private static let file = """
        -----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
        eyJrZGYiOiB7Im5hbWUiOiAic2NyeXB0IiwgInBhcmFtcyI6IHsiTiI6IDMyNzY4
        LCAiciI6IDgsICJwIjogMX0sICJzYWx0IjogIncxdGxDeVFqNTBIcVpJYjdhQXhG
        Q3IrVkNENmRwWXd3MS9qdVZkeFM4YzQ9In0sICJjaXBoZXIiOiB7Im5hbWUiOiAi
        bmFjbC9zZWNyZXRib3giLCAibm9uY2UiOiAiejQ3MGczYytkcjE0bEFVb0d3cDhI
        cUJGTlI2UXFRUkgifSwgImNpcGhlcnRleHQiOiAiVFZxOEVLQnhzQnF1WDhOd25i
        ejJSSmtVVEJyRi9PYkFnQVdiekJzalB3YmNJczAwUXZxZ1gyc2dLbWFlaE1rNEpN
        a2JBVjlyRUpTek9zajdHRnpRTVhqc2s3MUd6M2hsV3hkRWl0VVBVZmIwODZ4NEZT
        c3JRcjZPV0QxeXVZTkpvcjlyUFdlM0NRUUJmcXQwOWtwak9rSjhKN1U0N2V4djh0
        ZmV0ZWY4bExMVkZZekpKVVdES3oxdVd4V05CcGVOeWZ2aU5ZTHpKL0Rjamc9PSJ9
        -----END ENCRYPTED SIGSTORE PRIVATE KEY-----
        """
    private static let digest = "448bf644cccb03c40d03d70f91e6275ebdde469356c063dfdbac8797ff966aeb"

    private static func json(_ changes: (inout [JSONMember]) -> Void = { _ in }) -> [UInt8] {
        let block = PEM.firstBlock(in: Array(file.utf8))
        var members = (try? JSONValue(parsing: block?.bytes ?? [], limits: JSONLimits(byteCount: 4096)))?.members ?? []
        changes(&members)
        return JSONText(.object(members)).bytes
    }

    @Test("OPS-02: a key opens with its password alone")
    func opening() throws {
        let sealed = try #require(SigstorePrivateKey.sealed(in: Self.json()))
        let key = try sealed.open(passphrase: Passphrase(Array("correct horse".utf8)))
        #expect(key.publicKey.subjectPublicKeyInfo.sha256.hex == Self.digest)
        for wrong in [nil, try Passphrase(Array("correct".utf8))] {
            #expect(throws: PrivateKeyError.passphraseIncorrect) { try sealed.open(passphrase: wrong) }
        }
    }

    @Test("OPS-02: each member is needed", arguments: ["kdf", "cipher", "ciphertext"])
    func missing(name: String) {
        #expect(SigstorePrivateKey.sealed(in: Self.json { $0.removeAll { $0.name == name } }) == nil)
        let empty = JSONMember(name: name, value: [:])
        #expect(SigstorePrivateKey.sealed(in: Self.json { $0 = $0.map { $0.name == name ? empty : $0 } }) == nil)
    }

    @Test(
        "OPS-02: other algorithms, costs beyond the limit, wrong lengths and other texts are none",
        arguments: [
            #"{"kdf":{"name":"argon2","params":{"N":32768,"r":8,"p":1},"salt":"AA=="},"cipher":{"name":"#
                + #""nacl/secretbox","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"ciphertext":"AA=="}"#,
            #"{"kdf":{"name":"scrypt","params":{"N":1073741824,"r":8,"p":1},"salt":"AA=="},"cipher":"#
                + #"{"name":"nacl/secretbox","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"ciphertext":"AA=="}"#,
            #"{"kdf":{"name":"scrypt","params":{"N":32768,"r":8,"p":1},"salt":"AA=="},"cipher":"#
                + #"{"name":"nacl/secretbox","nonce":"AAAA"},"ciphertext":"AA=="}"#,
            "", "[]", "{}", "null",
        ])
    func refused(text: String) {
        #expect(SigstorePrivateKey.sealed(in: Array(text.utf8)) == nil)
    }
}

@Suite struct KeyFilesTests {
    @Test("R-43: the group may read a key of fileca, also through a link; everybody may not")
    func readers() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let path = "\(base.path)/key"
        try PrivateFile.create(path, [1])
        try base.link("\(base.path)/link", to: path)
        for (mode, isReadable) in [(0o600, true), (0o640, true), (0o460, true), (0o644, false), (0o602, false)] {
            try base.setMode(path, mode)
            let bytes = try? PrivateFile.read("\(base.path)/link", readers: .ownerAndGroup)
            #expect((bytes == [1]) == isReadable, "\(mode)")
        }
    }

    @Test("OPS-02: a data directory takes encrypted PKCS#8 alone, fileca a key in clear too")
    func forms() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let path = "\(base.path)/key"
        try PrivateFile.create(path, Array(Self.pkcs8.utf8))
        #expect(throws: ConfigurationMistakes.self) { try KeyFiles.key(path, form: .encrypted, nil) }
        #expect(try KeyFiles.key(path, form: .any, nil).scheme == .ed25519)
        #expect(KeyFiles.isPlain(path, readers: .ownerOnly))
    }

    @Test("R-43 R-36: who may write to the chain is looked at each time it is read, and told with all else, once")
    func guardedPaths() throws {
        let base = TemporaryDirectory()
        defer { base.remove() }
        let (chain, key) = ("\(base.path)/chain", "\(base.path)/key")
        try PrivateFile.create(chain, [])
        let files = IssuingFiles(certificate: chain, key: key, passphrase: nil, acceptsExampleKeys: false)
        func mistakes() -> [String] {
            do {
                _ = try files.load(now: Timestamp(seconds: 1_800_000_000))
                return []
            } catch {
                return (error as? ConfigurationMistakes)?.lines ?? []
            }
        }
        let before = mistakes()
        #expect(before.contains { $0.hasPrefix("\(key): ") } && !before.contains { $0.contains("anybody may write") })
        try base.setMode(chain, 0o602)
        #expect(mistakes() == ["\(chain): anybody may write to it; run: chmod o-w \(chain)"] + before)
        let directory = DataDirectory(base.path)
        let own = IssuingFiles(directory, passphrase: try Passphrase([1]), acceptsExampleKeys: false)
        #expect(own.guarded == [directory.path, directory.authority, directory.chain])
    }

    /// The key of RFC 8410 §10.3.
    private static let pkcs8 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        -----END PRIVATE KEY-----

        """
}
