/// What is known of one issuer's keys after one successful fetch; replaced whole, never changed.
struct IssuerKeySnapshot: Sendable {
    let keys: JSONWebKeySet
    let algorithms: Set<JWSAlgorithm>
    let fetchedAt: ContinuousClock.Instant

    /// Checks a token's signature under the issuer's algorithms.
    func verify(_ jws: CompactJWS) throws(TokenRefusal) {
        guard algorithms.contains(jws.algorithm) else { throw .algorithmNotAllowed }
        try keys.verify(jws)
    }
}
