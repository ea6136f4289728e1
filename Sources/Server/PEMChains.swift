internal import Issuance
internal import OpenSSL

extension IssuedCertificate {
    private var certificates: [String] { [certificate.pem] + chainPEM }

    /// The leaf and the chain above it, in this order, each in PEM without a newline at the end.
    var pemCertificates: [String] { certificates.map { String(Substring($0.utf8.dropLast())) } }

    /// The chain of the legacy API: the leaf first, PEM with a newline at the end.
    var pemChain: String { certificates.joined() }
}

extension [Certificate] {
    /// The legacy trust bundle: PEM with a blank line between the certificates and a newline at the end.
    var pemBundle: String { map(\.pem).joined(separator: "\n") }
}
