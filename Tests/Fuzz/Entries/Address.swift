import OpenSSL
import Server
import TransparencyLog

@testable import Identity

extension FuzzEntry {
    /// Whatever names a host or a person: URLs to fetch from, addresses, origins.
    static let address = FuzzEntry(
        "address",
        seeds: {
            [
                "https://issuer.example.com:8443/a?b", "http://[::ffff:127.0.0.1]/", "10.0.0.1", "fe80::1%1",
                "jane@example.com", "spiffe://example.com/a/b", "log.example.com/2026",
            ].map { Array($0.utf8) }
        }
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        if let problem = urlProblem(text) { return problem }
        if let url = PublicURL(text) { _ = url.origin(shard: text) }
        if let mail = try? EmailAddress(text) {
            guard EmailAddress.isResembled(by: text) else { return "an address does not look like one: \(mail)" }
        }
        let isRead = IPAddress(text: text) != nil || Origin(text) != nil || SPIFFEID(text) != nil
        if !isRead, HTTPAddress(text) == nil, (try? EmailAddress(text)) == nil { throw Refused() }
        return nil
    }

    private static func urlProblem(_ text: String) -> String? {
        guard let url = HTTPAddress(text) else { return nil }
        guard HTTPAddress(url.text) == url || url.path.isEmpty else { return "a URL changes when it is read again" }
        guard url.resolving(text)?.origin == url.origin else { return "a URL does not lead to itself" }
        return nil
    }
}
