/// A PKCS#8 key in NaCl's secretbox under a key that scrypt makes of a passphrase, as Sigstore's tools keep keys.
package struct SealedPrivateKey: Hashable, Sendable {
    private let derivation: Scrypt
    private let nonce: [UInt8]
    private let box: [UInt8]

    /// A key that is not opened yet; nil unless the nonce has 24 octets.
    package init?(derivation: Scrypt, nonce: [UInt8], box: [UInt8]) {
        guard nonce.count == SecretBox.nonceByteCount else { return nil }
        (self.derivation, self.nonce, self.box) = (derivation, nonce, box)
    }

    /// Opens the key; no passphrase is the empty one.
    ///
    /// Throws `passphraseIncorrect` when the box does not open, `cannotBeOpened` when no PKCS#8 is inside, and
    /// `unsupported` for a kind of key that we do not sign with.
    package func open(passphrase: Passphrase?) throws(PrivateKeyError) -> PrivateKey {
        var message = try unsealed(passphrase)
        defer { message.cleanse() }
        return try PrivateKey(pkcs8: message)
    }

    private func unsealed(_ passphrase: Passphrase?) throws(PrivateKeyError) -> [UInt8] {
        do {
            var key = try derivation.key(passphrase: passphrase, count: SecretBox.keyByteCount)
            defer { key.cleanse() }
            if let message = try SecretBox.open(box, key: key, nonce: nonce) { return message }
        } catch {
            throw .cannotBeOpened
        }
        throw .passphraseIncorrect
    }
}
