internal import ArgumentParser
internal import OpenSSL
internal import Server

/// Creates the keys, certificates and log of a new CA.
struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create the keys, certificates and log of a new CA in a new directory.",
        discussion: """
            Makes a root (10 years), an issuing certificate below it (3 years, code signing, path length 0) and the \
            key of the first log shard, all encrypted with the passphrase, and the log itself with a signed head of \
            size 0. This is the only command that creates a log: serve refuses when it is missing.

            Example:
              mintmark init --data-dir /var/lib/mintmark --organization "Example" \\
                --public-url https://ca.example.org --passphrase-file passphrase
            """
    )

    @Option(help: "The directory to make; anything that is there already is left alone.")
    var dataDir: String

    @Option(help: "The organization in the names of the CA certificates.")
    var organization: String

    @Option(help: "Where clients will reach the CA: the URL of an origin, without a path.")
    var publicUrl: String

    @Option(help: "The name of the first log shard.")
    var shard = "2026a"

    @Option(help: "The kind of the two CA keys: p256, p384 (the default) or rsa4096.")
    var keyType: CAKeyType?

    @Option(
        help: ArgumentHelp(
            "Use the chain.pem and issuing-key.pem of this directory instead of making a CA.",
            discussion: "The key must be under the same passphrase; only the log is new then.", valueName: "directory"))
    var existingCa: String?

    @Option(
        help: ArgumentHelp(
            "Where to make the log's guard file; beside the log unless given.",
            discussion: "Better on another volume; serve then needs the same --log-guard.", valueName: "file"))
    var logGuard: String?

    @OptionGroup var passphraseOptions: PassphraseOptions

    func validate() throws {
        guard existingCa == nil || keyType == nil else {
            throw ValidationError("--key-type is for new keys; with --existing-ca there are none")
        }
    }

    func run() async throws {
        let settings = try NewAuthority(
            organization: organization, publicURL: publicUrl, shard: shard,
            certificates: existingCa.map { .existing(directory: $0) } ?? .new(keyType ?? .p384),
            logGuardFile: logGuard, now: .now())
        let directory = DataDirectory(dataDir)
        try directory.requireNew()
        let passphrase = try passphraseOptions.source.passphrase(isNew: existingCa == nil)
        if let key = existingCa.map({ "\($0)/issuing-key.pem" }), PrivateFile.isReadableByOthers(key) {
            StandardError.report("warning: others than its owner may read \(key); the copy is made with mode 0600")
        }
        StandardError.write("Making \(existingCa == nil ? "keys, certificates and the log" : "the log") …")
        let created = try await Interruption.guarding({
            try await settings.create(at: directory, passphrase: passphrase)
        }) { PrivateFile.removeDirectory($0.directory.path) }
        StandardOutput.write(summary(created))
    }

    private func summary(_ created: CreatedAuthority) -> String {
        let directory = created.directory
        let shard = created.settings.shard
        let guardOption = logGuard.map { " --log-guard \($0)" } ?? ""
        let rootKeyAdvice =
            existingCa == nil
            ? "Then take \(directory.rootKey) off this machine: serving does not need it."
            : "The root's key was not needed and not copied."
        return """
            Created \(directory.path)

              root certificate     \(DistinguishedName.description(of: created.root.subject))
                SHA-256            \(created.root.fingerprint.hex)
                valid until        \(created.root.notAfter.rfc3339)
              issuing certificate  \(DistinguishedName.description(of: created.issuing.subject))
                SHA-256            \(created.issuing.fingerprint.hex)
                valid until        \(created.issuing.notAfter.rfc3339)
              log                  \(created.settings.publicURL.submissionPrefix(shard: shard))
                log ID             \(created.logID.hex)
                takes certificates that expire before
                                   \(created.settings.windowEnd.rfc3339)

            Give your clients: \(directory.root) and \(directory.logPublicKey(shard))
            Back up, apart from each other: \(directory.path) and the passphrase.
            \(rootKeyAdvice)
            Never put an old copy of \(directory.log(shard)) back into service: a log that forgets is a broken log.

            Start it: mintmark serve --data-dir \(directory.path) --passphrase-file FILE \\
              --config-path issuers.yaml\(guardOption)
            It listens on every interface unless --host, --grpc-host and --metrics-host say otherwise.
            """
    }
}

extension CAKeyType: ExpressibleByArgument {}
