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
    /// The name and the other extensions, or why the claims make none.
    ///
    /// A refusal waits here until the proof was checked: the order of the errors is part of the API.
    package let content: Result<CertificateContent, CertificateContentRefusal>

    init(
        issuer: String, subject: String?, challenge: [UInt8],
        content: () throws(CertificateContentRefusal) -> CertificateContent
    ) {
        self.issuer = issuer
        self.subject = subject
        self.challenge = challenge
        self.content = Result(catching: content)
    }

    init(
        issuer: String, subject: String?, challenge: [UInt8], subjectAlternativeName: SubjectAlternativeName,
        attributes: [(FulcioExtension, String)] = []
    ) {
        self.issuer = issuer
        self.subject = subject
        self.challenge = challenge
        content = .success(CertificateContent(subjectAlternativeName, attributes))
    }
}
