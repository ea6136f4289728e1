/// One entry of `oidc-issuers` or `meta-issuers` as the configuration file has it, before any check.
///
/// An empty string means absent (CA specification 2.6).
package struct IssuerEntry: Hashable, Sendable {
    /// The audience tokens must name.
    package var clientID = ""
    /// The name of the kind.
    package var type = ""
    /// The entry of `ci-issuer-metadata`, for the kind `ci-provider`.
    package var ciProvider = ""
    /// The path of the federated issuer, for the kind `email`.
    package var issuerClaim = ""
    /// The domain of subjects, for the kinds `uri` and `username`.
    package var subjectDomain = ""
    /// The trust domain, bare or as a SPIFFE ID, for the kind `spiffe`.
    package var spiffeTrustDomain = ""
    /// What is advertised as the claim to sign; changes nothing else.
    package var challengeClaim = ""
    /// PEM text of certificates trusted for TLS to the issuer beside the system's.
    package var trustRoots = ""
    /// Whether addresses that the issuer did not verify are taken, for the kind `email`.
    package var skipEmailVerification = false
    /// Whether the issuer's own host may be at an address that is not global (reliability R-35).
    ///
    /// True by default because a private CA often has its provider on the same network, and the operator named the
    /// host. Never true for issuers that a pattern names.
    package var allowsPrivateAddresses = true

    /// An entry with nothing set.
    package init() {}
}
