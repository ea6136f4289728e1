/// The one name of a certificate (CA specification 4.1).
///
/// The text was checked when the principal was made: of the grammar its case names, and printable ASCII but for user
/// names.
package enum SubjectAlternativeName: Hashable, Sendable {
    /// An rfc822Name.
    case email(String)
    /// A uniformResourceIdentifier.
    case uri(String)
    /// An otherName of type 1.3.6.1.4.1.57264.1.7: name, `!` and domain as a UTF8String.
    case otherName(username: String)

    /// The name as it is written in the certificate.
    package var text: String {
        switch self {
        case .email(let text), .uri(let text), .otherName(let text): text
        }
    }
}
