/// What is known of a token, whatever the decision about it: for audit records and metric labels.
package struct TokenEvidence: Hashable, Sendable {
    /// The configured URL or pattern that its issuer matched, from a closed set; nil when none did.
    package private(set) var configuredIssuer: String?

    /// Its `iss`, once that matched; the token's signature need not be verified.
    package private(set) var issuer: String?

    /// Its `sub`, once the signature was verified.
    package internal(set) var subject: String?

    /// Nothing known yet.
    package init() {}

    mutating func matched(_ issuer: String, configuredAs name: String) {
        configuredIssuer = name
        self.issuer = issuer
    }
}
