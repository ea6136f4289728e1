package import OpenSSL

/// Where the chain and key that issue come from (CA specification 7).
package enum AuthoritySource: Sendable {
    /// The data directory that `init` made.
    case dataDirectory

    /// Two PEM files, read again when one changes if `isWatched`; the passphrase opens an encrypted key.
    case files(certificate: String, key: String, passphrase: Passphrase?, isWatched: Bool)

    /// A root made at the start and forgotten at the end; for tests.
    case ephemeral
}
