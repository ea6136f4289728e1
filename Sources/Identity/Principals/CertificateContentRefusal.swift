/// Why no certificate content can be built from the claims of a good token (CA specification 1.7, 4.3, A.1, A.2).
///
/// Reaches the client with its own text, and only after the client proved possession of its key. The text names
/// claims, templates and what is wrong, and repeats no value of a claim.
package struct CertificateContentRefusal: Error, Hashable, Sendable {
    /// The sentence for the client.
    package let text: String

    /// The claim or default that a template needs and that is not there; nil when something else is wrong.
    package let missingClaim: String?

    /// What the template makes, an extension or `SubjectAlternativeName`; nil unless a claim is missing.
    package let extensionName: String?

    init(_ text: String, missingClaim: String? = nil, extensionName: String? = nil) {
        (self.text, self.missingClaim, self.extensionName) = (text, missingClaim, extensionName)
    }

    /// The same refusal with the name of what the template makes, when a claim is missing.
    func making(_ extensionName: String) -> CertificateContentRefusal {
        CertificateContentRefusal(
            text, missingClaim: missingClaim, extensionName: missingClaim == nil ? nil : extensionName)
    }
}
