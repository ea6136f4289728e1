internal import Issuance
internal import OpenSSL

/// Reads the certificates and keys that an operator keeps in files.
enum KeyFiles {
    /// How a key may be kept.
    enum Form: Sendable {
        /// PKCS#8 encrypted with a passphrase, as `init` writes it.
        case encrypted
        /// Everything that Fulcio's `fileca` reads, not encrypted too (CA specification 7).
        case any
    }

    /// The chain and its key from two files; throws every mistake at once.
    ///
    /// `readers` says who may be able to read the key, `form` how it may be kept; no passphrase is the empty one.
    static func issuingCertificate(
        chain chainPath: String, key keyPath: String, readers: PrivateFile.Readers = .ownerOnly,
        form: Form = .encrypted, _ passphrase: Passphrase?, now: Timestamp
    ) throws -> IssuingCertificate {
        var mistakes: [String] = []
        let chain = ConfigurationMistakes.attempt(&mistakes) { try certificates(chainPath) }
        let key = ConfigurationMistakes.attempt(&mistakes) {
            try Self.key(keyPath, readers: readers, form: form, passphrase)
        }
        guard let chain, let key else { throw ConfigurationMistakes(mistakes) }
        do {
            return try IssuingCertificate(chain: chain, key: key, now: now)
        } catch let error as IssuingCertificateError {
            throw ConfigurationMistakes(error.mistakes.map { "\(chainPath): \($0)" })
        }
    }

    /// The certificates of a file, and nothing else between them or behind.
    private static func certificates(_ path: String) throws -> [Certificate] {
        guard let blocks = PEM.adjoiningBlocks(in: try PrivateFile.read(path, readers: .anyone)) else {
            throw ConfigurationMistakes([
                "\(path): error during PEM decoding: there is more in it than certificates one after the other"
            ])
        }
        return try blocks.enumerated().map { index, block in
            guard block.label == "CERTIFICATE", let certificate = try? Certificate(der: block.bytes) else {
                throw ConfigurationMistakes(["\(path): block \(index + 1) is not a certificate"])
            }
            return certificate
        }
    }

    /// A private key; throws one line that says what is wrong.
    ///
    /// No passphrase is the empty one.
    static func key(
        _ path: String, readers: PrivateFile.Readers = .ownerOnly, form: Form = .encrypted, _ passphrase: Passphrase?
    ) throws -> LocalSigningKey {
        var pem = try PrivateFile.read(path, readers: readers)
        defer { pem.cleanse() }
        let block = PEM.firstBlock(in: pem)
        guard form == .any || block?.label == "ENCRYPTED PRIVATE KEY" else {
            throw ConfigurationMistakes([
                "\(path): not an encrypted private key; encrypt it with: openssl pkcs8 -topk8 -v2 aes-256-cbc"
            ])
        }
        do {
            guard let block, SigstorePrivateKey.labels.contains(block.label) else {
                return LocalSigningKey(try PrivateKey(pem: pem, passphrase: passphrase))
            }
            guard let sealed = SigstorePrivateKey.sealed(in: block.bytes) else { throw PrivateKeyError.cannotBeOpened }
            return LocalSigningKey(try sealed.open(passphrase: passphrase))
        } catch let error as PrivateKeyError {
            throw ConfigurationMistakes(["\(path): \(reason(error))"])
        }
    }

    /// Whether the first key of a file is in clear; false when there is none that can be read.
    static func isPlain(_ path: String, readers: PrivateFile.Readers) -> Bool {
        guard var pem = try? PrivateFile.read(path, readers: readers) else { return false }
        defer { pem.cleanse() }
        return PrivateKey.isPlain(pem: pem)
    }

    private static func reason(_ error: PrivateKeyError) -> String {
        switch error {
        case .unknownType(let label): "unknown private key PEM file type: \(label.debugQuoted)"
        case .passphraseIncorrect: "the passphrase does not open the key"
        case .legacyPassphraseIncorrect:
            "failed to decrypt legacy PEM block: x509: decryption password incorrect, or a cipher that is not supported"
        case .cannotBeOpened: "not a private key in PEM that can be used, or a damaged one"
        case .unusablePassphrase: "the passphrase is empty or too long"
        case .unsupported: "a kind of key that is not supported"
        }
    }
}
