import OpenSSL

/// What fixed and meta issuers have in common (CA specification 2.6).
///
/// A value of this type is valid: all rules were checked when it was made.
package struct IssuerSettings: Hashable, Sendable {
    /// The audience its tokens must name.
    package let clientID: String
    /// How claims become a principal.
    package let kind: IssuerKind
    /// The certificates trusted for TLS to this issuer beside the system's, as DER.
    package let additionalTrustRoots: [[UInt8]]
    /// The trust domain of a SPIFFE issuer as the configuration writes it; empty for other kinds.
    package let spiffeTrustDomain: String
    private let challengeClaimOverride: String

    /// Checks an entry for a URL or a pattern; adds all that is wrong to the mistakes.
    ///
    /// Nil when anything is wrong.
    init?(_ entry: IssuerEntry, of name: IssuerName, providers: [CIProviderMetadata], mistakes: inout [String]) {
        let before = mistakes.count
        additionalTrustRoots = Self.certificates(in: entry.trustRoots, name, &mistakes)
        if !entry.issuerClaim.isEmpty && entry.type != "email" {
            mistakes.append("only email issuers can use issuer claim mapping")
        }
        let kind = IssuerKindRules.kind(of: entry, name, providers, &mistakes)
        if entry.clientID.isEmpty { mistakes.append("client-id of issuer \(name.text) is empty") }
        guard let kind, mistakes.count == before else { return nil }
        self.kind = kind
        clientID = entry.clientID
        spiffeTrustDomain = if case .spiffe = kind { entry.spiffeTrustDomain } else { "" }
        challengeClaimOverride = entry.challengeClaim
    }

    /// The claim that callers are told to sign (CA specification 1.4).
    package var challengeClaim: String {
        if !challengeClaimOverride.isEmpty { return challengeClaimOverride }
        return if case .email = kind { "email" } else { "sub" }
    }

    /// Whether tokens with an address that the issuer did not verify are taken.
    package var skipsEmailVerification: Bool {
        if case .email(_, let skipVerification) = kind { skipVerification } else { false }
    }

    /// The configured domain of subjects that are URIs or user names; empty for other kinds.
    package var subjectDomain: String {
        switch kind {
        case .uri(let domain), .username(let domain): domain
        default: ""
        }
    }

    private static func certificates(in pem: String, _ name: IssuerName, _ mistakes: inout [String]) -> [[UInt8]] {
        guard !pem.isEmpty else { return [] }
        let blocks = (PEM.blocks(in: Array(pem.utf8)) ?? []).filter { $0.label == "CERTIFICATE" }
        let readable = blocks.filter { (try? Certificate(der: $0.bytes)) != nil }
        if readable.isEmpty || readable.count != blocks.count {
            let meta = if case .pattern = name { "meta " } else { "" }
            mistakes.append("failed to parse CA certificate for \(meta)issuer \(name.text)")
        }
        return readable.map(\.bytes)
    }
}
