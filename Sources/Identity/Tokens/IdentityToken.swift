/// An OpenID Connect identity token that was read and not yet verified.
///
/// There is one reading of the payload: the issuer that selects a verifier and the claims that become a principal come
/// from the same value (reliability R-10).
package struct IdentityToken: Hashable, Sendable {
    /// The signature around the claims.
    package let jws: CompactJWS
    /// What the token says.
    package let claims: ClaimsSet

    /// Reads a token in compact form; throws for anything that could not be a valid token of any issuer.
    package init(_ token: [UInt8]) throws(TokenRefusal) {
        jws = try CompactJWS(token)
        claims = try ClaimsSet(CompactJWS.object(jws.payload, .payload))
    }
}
