import Identity

@testable import Server

extension FuzzEntry {
    /// The configuration of issuers, in YAML and in JSON.
    static let issuerFile = FuzzEntry("issuerFile", seeds: { try Corpus.files("issuers") }) { bytes in
        var warnings: [String] = []
        let configuration = try IssuerFile.issuers(in: String(decoding: bytes, as: UTF8.self), warnings: &warnings)
        guard (configuration.issuers.map(\.url)).allSatisfy({ !$0.contains("*") }) else {
            return "a fixed issuer with a wildcard"
        }
        return warnings.contains { $0.contains("\n") } ? "a warning of several lines" : nil
    }
}
