import OpenSSL
import StrictJSON

/// One issuer of tokens: named by the operator, or found by a pattern of the operator's (CA specification 2.6).
///
/// A value of this type is valid: all rules were checked when it was made. Whoever can set it decides which names may
/// be certified, so its source must be trusted as much as the CA key.
package struct OIDCIssuer: Hashable, Sendable {
    /// The exact `iss` of its tokens.
    package let url: String
    /// What it has in common with issuers that a pattern names.
    package let settings: IssuerSettings
    /// Whether the issuer's own host may be at an address that is not global (reliability R-35).
    package let allowsPrivateAddresses: Bool
    /// The URL taken apart.
    let address: HTTPAddress

    /// Checks the configuration of a fixed issuer; throws all mistakes at once.
    package init(
        url: String, entry: IssuerEntry, providers: [CIProviderMetadata] = []
    ) throws(OIDCIssuerError) {
        var mistakes: [String] = []
        let settings = IssuerSettings(entry, of: .url(url), providers: providers, mistakes: &mistakes)
        let address = Self.address(url, &mistakes)
        guard let settings, let address else { throw OIDCIssuerError(messages: mistakes) }
        self.url = url
        self.settings = settings
        self.allowsPrivateAddresses = entry.allowsPrivateAddresses
        self.address = address
    }

    /// Checks the configuration of a fixed issuer of a kind without further settings; throws all mistakes at once.
    package init(
        url: String, clientID: String, type: String, issuerClaim: String = "", skipEmailVerification: Bool = false,
        challengeClaim: String = "", trustRoots: String = "", allowsPrivateAddresses: Bool = true
    ) throws(OIDCIssuerError) {
        var entry = IssuerEntry()
        entry.clientID = clientID
        entry.type = type
        entry.issuerClaim = issuerClaim
        entry.skipEmailVerification = skipEmailVerification
        entry.challengeClaim = challengeClaim
        entry.trustRoots = trustRoots
        entry.allowsPrivateAddresses = allowsPrivateAddresses
        try self.init(url: url, entry: entry)
    }

    /// An issuer whose URL matched a pattern; it is never at a private address (reliability R-35).
    init(matched url: String, address: HTTPAddress, settings: IssuerSettings) {
        self.url = url
        self.address = address
        self.settings = settings
        allowsPrivateAddresses = false
    }

    /// The audience its tokens must name.
    package var clientID: String { settings.clientID }

    /// How claims become a principal.
    package var kind: IssuerKind { settings.kind }

    /// The name of the kind in configuration files and in the configuration answer.
    package var type: String { settings.kind.name }

    /// The claim that callers are told to sign (CA specification 1.4).
    package var challengeClaim: String { settings.challengeClaim }

    /// Whether tokens with an address that the issuer did not verify are taken.
    package var skipsEmailVerification: Bool { settings.skipsEmailVerification }

    /// Whether tokens and keys travel in clear text; only loopback issuers may.
    package var isInsecure: Bool { address.origin.scheme == .http }

    private static func address(_ url: String, _ mistakes: inout [String]) -> HTTPAddress? {
        guard !url.contains("*") else {
            mistakes.append("issuer URL contains a wildcard: \(url)")
            return nil
        }
        guard let address = HTTPAddress(url), address.query == nil else {
            mistakes.append("issuer URL is not an https URL without user, query and fragment: \(url)")
            return nil
        }
        guard address.origin.scheme == .https || address.origin.isLoopback else {
            mistakes.append("issuer URL is not https, and its host is not this machine: \(url)")
            return nil
        }
        return address
    }
}
