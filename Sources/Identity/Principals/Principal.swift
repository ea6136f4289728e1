/// Who a token speaks for, after every check of its issuer's kind (CA specification 2.7, 4.1 and 4.2).
///
/// All text comes from the verified payload, is free of control and bidirectional formatting characters, and is at
/// most 8 KiB a value and 64 KiB together.
package struct Principal: Sendable {
    /// The value of the extensions 1 and 8: the token's issuer, or the federated one its issuer speaks for.
    package let issuer: String
    /// The raw `sub` of the token, the value of extension 24; nil for an e-mail token without one.
    package let subject: String?
    /// The bytes a caller signs to prove possession of its key (CA specification 3.1).
    package let challenge: [UInt8]
    /// The one name of the certificate.
    package let subjectAlternativeName: SubjectAlternativeName
    /// The extensions 2 to 6 and 9 to 23 in rising order, each with a value that is not empty.
    package let attributes: [(FulcioExtension, String)]

    init(
        issuer: String, subject: String?, challenge: [UInt8], subjectAlternativeName: SubjectAlternativeName,
        attributes: [(FulcioExtension, String)] = []
    ) {
        self.issuer = issuer
        self.subject = subject
        self.challenge = challenge
        self.subjectAlternativeName = subjectAlternativeName
        self.attributes = attributes.filter { !$0.1.isEmpty }.sorted { $0.0 < $1.0 }
    }
}
