@testable import Identity

extension FuzzEntry {
    /// A URI for a certificate (A.1), and the joining of paths (A.2).
    static let uri = FuzzEntry(
        "uri",
        seeds: {
            [
                "https://github.com/o/r/.github/workflows/x.yml@refs/heads/main", "spiffe://example.com/a b/%41?q#f",
                "https://user@[::1]:443//a/../b", "urn:isbn:0451450523", "https:/%2fevil.example/\u{FC}",
            ].map { Array($0.utf8) }
        }
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        if let joined = URIPath.joined("https://example.com/a/", [text]) {
            guard joined.hasPrefix("https://example.com/") else { return "joining leaves the host" }
            guard !joined.dropFirst(19).split(separator: "/").contains("..") else { return "joining keeps dots" }
        }
        let uri = try UniformResourceIdentifier(text)
        guard uri.text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return "a URI outside ASCII" }
        let again = try? UniformResourceIdentifier(uri.text)
        guard again?.scheme == uri.scheme, again?.host == uri.host else { return "a URI changes when it is read again" }
        return nil
    }
}
