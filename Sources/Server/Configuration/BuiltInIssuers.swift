/// The issuers that count when neither of the default configuration files is there (CA specification 2.6).
enum BuiltInIssuers {
    /// The default files, in the order in which they are looked for.
    static let defaultFiles = ["/etc/fulcio-config/config.yaml", "/etc/fulcio-config/config.json"]

    /// The public instance's issuers of people and of one CI system.
    static let text = """
        oidc-issuers:
          https://oauth2.sigstore.dev/auth:
            issuer-url: https://oauth2.sigstore.dev/auth
            client-id: sigstore
            type: email
            issuer-claim: $.federated_claims.connector_id
          https://accounts.google.com:
            issuer-url: https://accounts.google.com
            client-id: sigstore
            type: email
          https://token.actions.githubusercontent.com:
            issuer-url: https://token.actions.githubusercontent.com
            client-id: sigstore
            type: github-workflow

        """
}
