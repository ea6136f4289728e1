package import OpenSSL

/// A log of certificates: ours in this process, or another one over HTTP (RFC 6962).
package protocol CertificateLog: Sendable {
    /// What the log is called in log lines.
    var name: String { get }

    /// Logs a precertificate and answers with the log's timestamp for it, verified as far as the log's key is known.
    ///
    /// `chain` begins with the issuing certificate and ends with the root. Throws `LogRefusal`, `LogFailure` or
    /// `RemoteLogFailure`, and `CancellationError` when the caller is cancelled: the entry may then be logged
    /// nevertheless.
    func submit(precertificate: Certificate, chain: [Certificate]) async throws -> SignedCertificateTimestamp

    /// Logs a certificate as it is and answers with the log's timestamp for it; otherwise the same.
    func submit(certificate: Certificate, chain: [Certificate]) async throws -> SignedCertificateTimestamp

    /// Checks that a timestamp of this log is embedded in the final certificate and is one for it (1.4.8).
    ///
    /// `issuer` is the certificate that issued the final one. Without the log's key the signature stays unchecked.
    func verify(
        _ timestamp: SignedCertificateTimestamp, finalCertificate: Certificate, issuer: Certificate
    ) throws(IssuedCertificateMismatch)

    /// Checks that a timestamp of this log is one for the certificate that it stands beside.
    ///
    /// Without the log's key the signature stays unchecked.
    func verify(
        _ timestamp: SignedCertificateTimestamp, certificate: Certificate
    ) throws(IssuedCertificateMismatch)
}
