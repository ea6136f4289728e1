/// The files of a TLS server's certificate chain and key, both PEM.
package struct TLSFiles: Hashable, Sendable {
    /// The chain, the server's own certificate first.
    package let certificate: String

    /// The key of the server's own certificate, not encrypted.
    package let key: String

    /// Two paths; nothing is read yet.
    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
