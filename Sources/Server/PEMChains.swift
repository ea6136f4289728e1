internal import Issuance
internal import OpenSSL

extension IssuedCertificate {
    /// The leaf and the chain above it, in this order.
    var certificates: [Certificate] { [certificate] + chain }

    /// The chain of the legacy API: the leaf first, PEM with a newline at the end.
    var pemChain: String { certificates.map(\.pem).joined() }
}

extension [Certificate] {
    /// The legacy trust bundle: PEM with a blank line between the certificates and a newline at the end.
    var pemBundle: String { map(\.pem).joined(separator: "\n") }
}
