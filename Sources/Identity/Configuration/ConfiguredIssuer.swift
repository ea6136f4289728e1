/// One issuer of the configuration, as it is told to clients (CA specification 1.2, `OIDCIssuer`).
package enum ConfiguredIssuer: Hashable, Sendable {
    case fixed(OIDCIssuer)
    case meta(MetaIssuer)

    /// The URL or the pattern: from a closed set, so fit for a metric label.
    package var name: String {
        switch self {
        case .fixed(let issuer): issuer.url
        case .meta(let issuer): issuer.pattern.text
        }
    }

    /// What is configured for it.
    package var settings: IssuerSettings {
        switch self {
        case .fixed(let issuer): issuer.settings
        case .meta(let issuer): issuer.settings
        }
    }

    /// Whether tokens and keys travel in clear text; only loopback issuers may.
    package var isInsecure: Bool {
        switch self {
        case .fixed(let issuer): issuer.isInsecure
        case .meta(let issuer): issuer.pattern.isInsecure
        }
    }
}
