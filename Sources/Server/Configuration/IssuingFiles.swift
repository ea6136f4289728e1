internal import Issuance
internal import OpenSSL

/// The two files with the chain and key that issue, which can be read again at any time.
struct IssuingFiles: Sendable {
    /// A chain and key that were read, with what is unwise about them.
    struct Loaded: Sendable {
        let issuing: IssuingCertificate
        let warnings: [String]
    }

    /// The files and directories that decide which chain and key issue, so that nobody else may write to them.
    let guarded: [String]

    /// PEM certificates: the issuing one first, the root last.
    let chain: String

    /// The key of the first certificate.
    let key: String

    /// Who may be able to read the key.
    let readers: PrivateFile.Readers

    /// How the key may be kept.
    let form: KeyFiles.Form

    /// What opens the key; nil is the empty one.
    let passphrase: Passphrase?

    /// Whether keys that everybody knows may issue.
    let acceptsExampleKeys: Bool

    /// Reads and checks both files at `now`, and who may write to the guarded paths; throws every mistake at once.
    func load(now: Timestamp) throws -> Loaded {
        var mistakes = PrivateFile.exposureMistakes(guarded)
        let issuing = ConfigurationMistakes.attempt(&mistakes) {
            try KeyFiles.issuingCertificate(
                chain: chain, key: key, readers: readers, form: form, passphrase, now: now)
        }
        if !acceptsExampleKeys, let issuing,
            issuing.chain.contains(where: { ExampleKeys.contains($0.subjectPublicKeyInfo) })
        {
            mistakes.append("a key of the published example is in use: anybody can sign with it (see --development)")
        }
        guard let issuing, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        let isPlain = form == .any && KeyFiles.isPlain(key, readers: readers)
        return Loaded(
            issuing: issuing,
            warnings: (isPlain ? ["\(key): the key is not encrypted: who reads the file can issue"] : [])
                + issuing.warnings)
    }
}

extension IssuingFiles {
    /// The files of a data directory.
    init(_ directory: DataDirectory, passphrase: Passphrase, acceptsExampleKeys: Bool) {
        self.init(
            guarded: [directory.path, directory.authority, directory.chain], chain: directory.chain,
            key: directory.issuingKey, readers: .ownerOnly, form: .encrypted, passphrase: passphrase,
            acceptsExampleKeys: acceptsExampleKeys)
    }

    /// Files as Fulcio's `fileca` takes them: links are followed and the key may be in clear.
    init(certificate: String, key: String, passphrase: Passphrase?, acceptsExampleKeys: Bool) {
        self.init(
            guarded: [certificate], chain: certificate, key: key, readers: .ownerAndGroup, form: .any,
            passphrase: passphrase, acceptsExampleKeys: acceptsExampleKeys)
    }
}
