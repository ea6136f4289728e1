import OpenSSL

extension FuzzEntry {
    /// A private key in PEM, as an operator hands it in.
    static let privateKey = FuzzEntry("privateKey", seeds: { try Corpus.files("privateKey") }) { bytes in
        let key = try PrivateKey(pem: bytes, passphrase: try Passphrase(Array("pass".utf8)))
        let signature = try key.signature(over: [1], scheme: key.defaultScheme)
        _ = key.publicKey.isValidSignature(signature, over: [1], scheme: key.defaultScheme)
        return nil
    }
}
