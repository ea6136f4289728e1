package import Identity
package import OpenSSL

/// What became known of one request on its way, whatever the decision: for audit records and metric labels.
package struct IssuanceRecord: Hashable, Sendable {
    /// What is known of the token.
    package internal(set) var token = TokenEvidence()

    /// The key that was asked for, once it could be read.
    package internal(set) var key: SubjectPublicKeyInfo?

    /// The subject alternative name, once the token and the key were accepted.
    package internal(set) var name: String?

    /// The serial number of the certificate in hexadecimal, once it was issued.
    package internal(set) var serialNumber: String?

    /// The log ID of the first log, or of our shard, that took the entry, once the certificate was issued; nil
    /// when nothing was logged.
    package internal(set) var logID: SHA256Digest?

    /// Where the certificate's entry stands in the first log, once it was issued; nil when the log does not say.
    package internal(set) var leafIndex: UInt64?

    /// Nothing known yet.
    package init() {}
}
