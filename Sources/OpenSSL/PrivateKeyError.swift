/// Why a private key cannot be used.
package enum PrivateKeyError: Error, Sendable {
    /// The passphrase is empty or absurdly long.
    case unusablePassphrase
    /// The text is no private key in PEM, or the passphrase does not open it.
    case cannotBeOpened
    /// The key is of a kind that we do not sign with.
    case unsupported
}
