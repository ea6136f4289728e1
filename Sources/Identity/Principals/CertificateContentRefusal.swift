/// Why no certificate content can be built from the claims of a good token (CA specification 1.7, 4.3, A.1, A.2).
///
/// Reaches the client with its own text, and only after the client proved possession of its key. The text names
/// claims, templates and what is wrong, and repeats no value of a claim.
package struct CertificateContentRefusal: Error, Hashable, Sendable {
    /// The sentence for the client.
    package let text: String

    init(_ text: String) {
        self.text = text
    }
}
