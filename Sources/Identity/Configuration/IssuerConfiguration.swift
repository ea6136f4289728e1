/// All issuers of one identity configuration.
package struct IssuerConfiguration: Hashable, Sendable {
    /// The entries of `oidc-issuers` in the order of the file.
    package let issuers: [OIDCIssuer]
    /// The entries of `meta-issuers` in the order of the file.
    package let metaIssuers: [MetaIssuer]

    /// A configuration of these issuers.
    package init(issuers: [OIDCIssuer], metaIssuers: [MetaIssuer] = []) {
        self.issuers = issuers
        self.metaIssuers = metaIssuers
    }

    /// The issuers as clients are told: fixed ones sorted by URL, then patterns, by bytes.
    package var listed: [ConfiguredIssuer] {
        func sorted(_ items: [ConfiguredIssuer]) -> [ConfiguredIssuer] {
            items.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        }
        return sorted(issuers.map(ConfiguredIssuer.fixed)) + sorted(metaIssuers.map(ConfiguredIssuer.meta))
    }
}
