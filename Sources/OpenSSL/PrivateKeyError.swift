/// Why a private key cannot be used.
package enum PrivateKeyError: Error, Hashable, Sendable {
    /// The passphrase is empty or absurdly long.
    case unusablePassphrase
    /// The text is no private key in PEM, or a damaged one.
    case cannotBeOpened
    /// The first PEM block has this label, which is none of a private key.
    case unknownType(String)
    /// The passphrase does not open the key, or the key is damaged.
    case passphraseIncorrect
    /// The passphrase does not open a key with RFC 1423 headers, or its cipher is not one of libcrypto's default ones.
    case legacyPassphraseIncorrect
    /// The key is of a kind that we do not sign with.
    case unsupported
}
