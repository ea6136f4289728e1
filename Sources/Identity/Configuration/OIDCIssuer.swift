import OpenSSL
import StrictJSON

/// One issuer of tokens that the operator named (CA specification 2.6, an entry of `oidc-issuers`).
///
/// A value of this type is valid: all rules were checked when it was made. Whoever can set it decides which names may
/// be certified, so its source must be trusted as much as the CA key.
package struct OIDCIssuer: Hashable, Sendable {
    /// How claims become a principal.
    package enum Kind: Hashable, Sendable {
        /// A person's address; the federated issuer may stand in a claim, `email_verified` may be waived.
        case email(issuerClaim: JSONPath?, skipVerification: Bool)
        /// A run of a GitHub Actions workflow.
        case githubWorkflow
    }

    /// The exact `iss` of its tokens.
    package let url: String
    /// The audience its tokens must name.
    package let clientID: String
    /// How claims become a principal.
    package let kind: Kind
    /// The certificates trusted for TLS to this issuer beside the system's, as DER.
    package let additionalTrustRoots: [[UInt8]]
    /// Whether the issuer's own host may be at an address that is not global (reliability R-35).
    package let allowsPrivateAddresses: Bool
    /// The URL taken apart.
    let address: HTTPAddress
    private let challengeClaimOverride: String

    /// Checks the configuration of an issuer.
    ///
    /// Takes the values as the configuration file has them; an empty string means absent. `trustRoots` is PEM text.
    /// `challengeClaim` is advertised and changes nothing else. `allowsPrivateAddresses` is true by default because
    /// a private CA often has its provider on the same network, and the operator named the host.
    /// Throws all mistakes at once.
    package init(
        url: String, clientID: String, type: String, issuerClaim: String = "", skipEmailVerification: Bool = false,
        challengeClaim: String = "", trustRoots: String = "", allowsPrivateAddresses: Bool = true
    ) throws(OIDCIssuerError) {
        var mistakes: [String] = []
        let roots = Self.certificates(in: trustRoots, issuer: url, &mistakes)
        let kind = Self.kind(
            type, claim: issuerClaim, skipVerification: skipEmailVerification, challengeClaim, &mistakes)
        if clientID.isEmpty { mistakes.append("client-id of issuer \(url) is empty") }
        let address = Self.address(url, &mistakes)
        guard let kind, let address, mistakes.isEmpty else { throw OIDCIssuerError(messages: mistakes) }
        self.url = url
        self.clientID = clientID
        self.kind = kind
        self.additionalTrustRoots = roots
        self.allowsPrivateAddresses = allowsPrivateAddresses
        self.address = address
        challengeClaimOverride = challengeClaim
    }

    /// The name of the kind in configuration files and in the configuration answer.
    package var type: String {
        switch kind {
        case .email: "email"
        case .githubWorkflow: "github-workflow"
        }
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

    /// Whether tokens and keys travel in clear text; only loopback issuers may.
    package var isInsecure: Bool { address.origin.scheme == .http }

    private static func certificates(in pem: String, issuer: String, _ mistakes: inout [String]) -> [[UInt8]] {
        guard !pem.isEmpty else { return [] }
        let blocks = (PEM.blocks(in: Array(pem.utf8)) ?? []).filter { $0.label == "CERTIFICATE" }
        let readable = blocks.filter { (try? Certificate(der: $0.bytes)) != nil }
        if readable.isEmpty || readable.count != blocks.count {
            mistakes.append("failed to parse CA certificate for issuer \(issuer)")
        }
        return readable.map(\.bytes)
    }

    private static func kind(
        _ type: String, claim: String, skipVerification: Bool, _ challengeClaim: String, _ mistakes: inout [String]
    ) -> Kind? {
        if !claim.isEmpty && type != "email" { mistakes.append("only email issuers can use issuer claim mapping") }
        switch type {
        case "email":
            let path = claim.isEmpty ? nil : JSONPath(claim)
            if !claim.isEmpty && path == nil { mistakes.append("issuer-claim is not a JSON path: \(claim)") }
            return .email(issuerClaim: path, skipVerification: skipVerification)
        case "github-workflow": return .githubWorkflow
        default:
            if challengeClaim.isEmpty { mistakes.append("issuer missing challenge claim") }
            mistakes.append("issuer type is not supported: \(type.isEmpty ? "(none)" : type)")
            return nil
        }
    }

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
