import StrictJSON

/// What the provider says about itself (OpenID Connect Discovery 1.0 §3).
struct DiscoveryDocument: Sendable {
    /// The issuer URL: scheme, host and port, no path.
    let issuer: String

    /// The document with every member that the standard requires.
    ///
    /// `authorization_endpoint` is one of them although nobody signs in here: that endpoint refuses each request in
    /// the standard's own words.
    var json: JSONValue {
        [
            "issuer": .string(issuer),
            "authorization_endpoint": .string(issuer + "/authorize"),
            "token_endpoint": .string(issuer + "/token"),
            "jwks_uri": .string(issuer + "/keys"),
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": .array(
                SigningAlgorithm.allCases.map { .string($0.rawValue) }
            ),
            "scopes_supported": ["openid"],
            "claims_supported": ["iss", "sub", "aud", "iat", "exp"],
        ]
    }
}
