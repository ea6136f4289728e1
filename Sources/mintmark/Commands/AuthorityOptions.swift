internal import ArgumentParser
internal import OpenSSL
internal import Server

/// Where the CA's chain and key come from, with the names of Fulcio's flags.
struct AuthorityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Another CA than the one of the data directory: fileca or ephemeralca.",
            discussion: "ephemeralca is new at each start and for tests alone.", valueName: "name"))
    var ca: String?

    @Option(help: ArgumentHelp("PEM certificates for fileca: the issuing one first, the root last.", valueName: "file"))
    var filecaCert: String?

    @Option(help: ArgumentHelp("The issuing key for fileca.", valueName: "file"))
    var filecaKey: String?

    @Option(
        help: ArgumentHelp(
            "The password of the fileca key, possibly empty; every user of the machine can read it.",
            valueName: "password"))
    var filecaKeyPasswd: String?

    @Option(help: ArgumentHelp("A file whose first line is the password of the fileca key.", valueName: "file"))
    var filecaKeyPasswdFile: String?

    @Option(help: ArgumentHelp("Whether the fileca files are read again when they change.", valueName: "true|false"))
    var filecaWatch = true

    /// The source that was asked for; throws one line a mistake.
    func source() throws -> AuthoritySource {
        switch ca {
        case nil: return .dataDirectory
        case "ephemeralca": return .ephemeral
        case "fileca": return try files()
        case .some(let other):
            throw ConfigurationMistakes([
                "--ca=\(other) is not a valid selection. Try: pkcs11ca, googleca, fileca, or ephemeralca"
            ])
        }
    }

    private func files() throws -> AuthoritySource {
        var mistakes: [String] = []
        if filecaCert == nil { mistakes.append("fileca-cert must be set to certificate path when using fileca") }
        if filecaKey == nil { mistakes.append("fileca-key must be set to private key path when using fileca") }
        if filecaKeyPasswd == nil, filecaKeyPasswdFile == nil {
            mistakes.append(
                "fileca-key-passwd must be set to encryption password for private key file when using fileca")
        }
        guard let filecaCert, let filecaKey, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        return .files(
            certificate: filecaCert, key: filecaKey, passphrase: try passphrase(), isWatched: filecaWatch)
    }

    /// The password; nil for the empty one.
    private func passphrase() throws -> Passphrase? {
        if let filecaKeyPasswdFile { return try PassphraseOptions.passphrase(inFile: filecaKeyPasswdFile) }
        var bytes = Array((filecaKeyPasswd ?? "").utf8)
        return bytes.isEmpty ? nil : try Passphrase(cleansing: &bytes)
    }
}
