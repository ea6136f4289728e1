/// What a certificate says about its principal beside issuer and subject (CA specification 4.1 and 4.2).
///
/// All text is free of control and bidirectional formatting characters.
package struct CertificateContent: Sendable {
    /// The one name of the certificate.
    package let subjectAlternativeName: SubjectAlternativeName
    /// The extensions 2 to 6 and 9 to 23 in rising order, each with a value that is not empty.
    package let attributes: [(FulcioExtension, String)]

    init(_ name: SubjectAlternativeName, _ attributes: [(FulcioExtension, String)] = []) {
        subjectAlternativeName = name
        self.attributes = attributes.filter { !$0.1.isEmpty }.sorted { $0.0 < $1.0 }
    }
}
