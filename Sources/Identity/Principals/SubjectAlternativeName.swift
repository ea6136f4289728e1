/// The one name of a certificate (CA specification 4.1).
///
/// The text was checked when the principal was made: printable ASCII of the grammar its case names.
package enum SubjectAlternativeName: Hashable, Sendable {
    /// An rfc822Name.
    case email(String)
    /// A uniformResourceIdentifier.
    case uri(String)

    /// The name as it is written in the certificate.
    package var text: String {
        switch self {
        case .email(let text), .uri(let text): text
        }
    }
}
