package import StrictJSON

/// What is taken from an issuer's discovery document (OpenID Connect Discovery §3).
///
/// The document can name where the keys are and narrow the algorithms, and nothing else (reliability 4.2).
package struct ProviderMetadata: Hashable, Sendable {
    /// Where the key set is.
    package let keysAddress: HTTPAddress
    /// The algorithms the issuer says it uses out of those we know; RS256 when that leaves none.
    package let algorithms: Set<JWSAlgorithm>

    /// Reads a discovery document.
    ///
    /// Its `issuer` must be the configured URL byte for byte. `jwks_uri` must be https, or http on a loopback host for
    /// an issuer that is itself http.
    package init(_ value: JSONValue, issuer: OIDCIssuer) throws(FetchFailure) {
        guard value["issuer"]?.string?.hasSameBytes(as: issuer.url) == true else { throw .issuerMismatch }
        guard let text = value["jwks_uri"]?.string, let address = HTTPAddress(text) else { throw .keysAddressRefused }
        guard address.origin.scheme == .https || (issuer.isInsecure && address.origin.isLoopback) else {
            throw .keysAddressRefused
        }
        // A document of an issuer that only a pattern names must not choose ports for us to knock at.
        guard issuer.allowsPrivateAddresses || [443, issuer.address.origin.port].contains(address.origin.port) else {
            throw .keysAddressRefused
        }
        keysAddress = address
        let names = value["id_token_signing_alg_values_supported"]?.elements ?? []
        let known = JWSAlgorithm.allCases.filter { algorithm in
            names.contains { $0.string?.hasSameBytes(as: algorithm.rawValue) == true }
        }
        algorithms = known.isEmpty ? [.rs256] : Set(known)
    }
}
