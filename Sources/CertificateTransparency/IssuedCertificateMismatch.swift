/// Why a final certificate must not leave, although it was signed (transparency-log 1.4.8).
package enum IssuedCertificateMismatch: Error, Hashable, Sendable {
    /// The certificate does not carry exactly the one timestamp.
    case timestampNotEmbedded
    /// The timestamp is another log's.
    case otherLog
    /// The timestamp names no position, or one beyond the published tree.
    case noLeafIndex
    /// The certificate cannot be stripped.
    case malformed(StrippedTBSCertificate.Refusal)
    /// The log signed another precertificate than this certificate comes from.
    case signatureDoesNotVerify
}
