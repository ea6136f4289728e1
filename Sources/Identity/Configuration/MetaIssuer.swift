/// Many issuers with one configuration, named by a pattern (CA specification 2.3, an entry of `meta-issuers`).
package struct MetaIssuer: Hashable, Sendable {
    /// What their URLs look like.
    package let pattern: IssuerPattern
    /// What each of them has in common with a fixed issuer.
    package let settings: IssuerSettings

    /// Checks the configuration; throws all mistakes at once.
    package init(
        pattern text: String, entry: IssuerEntry, providers: [CIProviderMetadata] = []
    ) throws(OIDCIssuerError) {
        var mistakes: [String] = []
        let settings = IssuerSettings(entry, of: .pattern(text), providers: providers, mistakes: &mistakes)
        let pattern = IssuerPattern(text)
        if pattern == nil {
            mistakes.append(
                "pattern is not an https URL without user, query and fragment whose last two host labels have no *:"
                    + " \(text)")
        }
        guard let settings, let pattern else { throw OIDCIssuerError(messages: mistakes) }
        self.pattern = pattern
        self.settings = settings
    }

    /// The issuer of this URL; nil when the pattern does not mean it or it is no plain URL (reliability R-35).
    func issuer(_ url: String) -> OIDCIssuer? {
        guard pattern.matches(url), let address = HTTPAddress(url), address.query == nil else { return nil }
        return OIDCIssuer(matched: url, address: address, settings: settings)
    }
}
