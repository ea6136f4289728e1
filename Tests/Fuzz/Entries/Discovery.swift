import Identity
import StrictJSON

extension FuzzEntry {
    /// The discovery document of an issuer.
    static let discovery = FuzzEntry("discovery", seeds: { try Corpus.files("discovery") }) { bytes in
        let value = try JSONValue(parsing: bytes, limits: JSONLimits(byteCount: 1 << 20))
        let metadata = try ProviderMetadata(value, issuer: try issuer.get())
        guard metadata.keysAddress.origin.scheme == .https else { return "keys over clear text" }
        return metadata.algorithms.isEmpty ? "no algorithm at all" : nil
    }

    private static let issuer = Result {
        try OIDCIssuer(url: "https://issuer.example.com", clientID: "sigstore", type: "email")
    }
}
