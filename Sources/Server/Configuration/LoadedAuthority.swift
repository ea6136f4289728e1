internal import CertificateTransparency
internal import Identity
internal import Issuance
internal import Logging
internal import OpenSSL

/// Everything that a run needs from files, read and checked before any port opens.
struct LoadedAuthority: Sendable {
    let dataDirectory: DataDirectory
    let settings: DataDirectorySettings
    let issuers: IssuerConfiguration
    let policy: KeyPolicy
    let issuing: IssuingCertificate
    let logKey: LocalSigningKey

    /// Reads all files; throws every mistake that could be found, one line each.
    static func load(
        _ options: ServerOptions, passphrase: () throws -> Passphrase, now: Timestamp, logger: Logger
    ) throws(ConfigurationMistakes) -> LoadedAuthority {
        guard let directory = options.dataDirectory else { throw ConfigurationMistakes(["--data-dir is missing"]) }
        var mistakes: [String] = []
        var warnings: [String] = []
        let policy = options.keyPolicy(mistakes: &mistakes, warnings: &warnings)
        if options.isDevelopment, !options.isLoopback {
            mistakes.append("--development is for a loopback --host only")
        }
        mistakes += exposedPaths(directory, options.issuerFile).map {
            "\($0): anybody may write to it; run: chmod o-w \($0)"
        }
        let issuers = Self.attempt(&mistakes) { try readIssuers(options.issuerFile, logger) }
        let settings = Self.attempt(&mistakes) { try readSettings(directory) }
        let passphrase = Self.attempt(&mistakes, passphrase)
        let issuing = passphrase.flatMap { passphrase in
            Self.attempt(&mistakes) {
                try KeyFiles.issuingCertificate(
                    chain: directory.chain, key: directory.issuingKey, passphrase, now: now)
            }
        }
        let logKey = settings.flatMap { settings in
            passphrase.flatMap { passphrase in
                Self.attempt(&mistakes) { try readLogKey(directory, settings.shard, passphrase) }
            }
        }
        if issuing?.chain.contains(where: { ExampleKeys.contains($0.subjectPublicKeyInfo) }) == true,
            !options.isDevelopment
        {
            mistakes.append("a key of the published example is in use: anybody can sign with it (see --development)")
        }
        for warning in warnings + (issuing?.warnings ?? []) {
            logger.warning("configuration", metadata: ["detail": "\(warning)"])
        }
        guard let issuers, let settings, let issuing, let logKey, mistakes.isEmpty else {
            throw ConfigurationMistakes(mistakes)
        }
        return LoadedAuthority(
            dataDirectory: directory, settings: settings, issuers: issuers, policy: policy, issuing: issuing,
            logKey: logKey)
    }

    /// What decides who is certified and how, and is open to everybody.
    private static func exposedPaths(_ directory: DataDirectory, _ issuerFile: String) -> [String] {
        [directory.path, directory.settings, directory.authority, directory.chain, directory.logs, issuerFile]
            .filter(PrivateFile.isWritableByOthers)
    }

    /// Runs one step and turns what it throws into mistakes.
    private static func attempt<Value>(_ mistakes: inout [String], _ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch let error as ConfigurationMistakes {
            mistakes += error.lines
        } catch {
            mistakes.append("\(error)")
        }
        return nil
    }

    private static func readText(_ path: String) throws -> String {
        guard let text = String(validating: try PrivateFile.read(path, readers: .anyone), as: UTF8.self) else {
            throw ConfigurationMistakes(["\(path): not UTF-8"])
        }
        return text
    }

    private static func readIssuers(_ path: String, _ logger: Logger) throws -> IssuerConfiguration {
        var warnings: [String] = []
        let issuers: IssuerConfiguration
        do {
            issuers = try IssuerFile.issuers(in: try readText(path), warnings: &warnings)
        } catch let error as ConfigurationMistakes {
            throw ConfigurationMistakes(error.lines.map { "error loading --config-path=\(path): \($0)" })
        }
        for warning in warnings {
            logger.warning("configuration", metadata: ["file": "\(path)", "detail": "\(warning)"])
        }
        let listed = issuers.listed
        if listed.isEmpty { logger.warning("no issuer is configured: every request will be refused") }
        for issuer in listed where issuer.isInsecure {
            logger.warning(
                "tokens of an issuer travel in clear text; accepted on loopback only",
                metadata: ["issuer": "\(issuer.name)"])
        }
        for issuer in listed where issuer.settings.skipsEmailVerification {
            logger.warning(
                "e-mail addresses that an issuer did not verify are certified", metadata: ["issuer": "\(issuer.name)"])
        }
        return issuers
    }

    /// The log key, after a look at the file with its public half, which operators hand out to clients.
    private static func readLogKey(
        _ directory: DataDirectory, _ shard: String, _ passphrase: Passphrase
    ) throws -> LocalSigningKey {
        let key = try KeyFiles.key(directory.logKey(shard), passphrase)
        let published = PEM.firstBlock(in: try PrivateFile.read(directory.logPublicKey(shard), readers: .anyone))
        guard published?.bytes == key.publicKey.subjectPublicKeyInfo.der else {
            throw ConfigurationMistakes(["\(directory.logPublicKey(shard)): not the public half of the log key"])
        }
        return key
    }

    /// What `init` fixed for a directory; throws one line for each thing that is wrong.
    static func readSettings(
        _ directory: DataDirectory
    ) throws(ConfigurationMistakes) -> DataDirectorySettings {
        guard PrivateFile.exists(directory.path) else {
            throw ConfigurationMistakes(["\(directory.path) does not exist; create it with: mintmark init"])
        }
        do {
            return try DataDirectorySettings(yaml: try readText(directory.settings))
        } catch let error as ConfigurationMistakes {
            throw ConfigurationMistakes(error.lines.map { "\(directory.path)/\($0)" })
        } catch {
            throw ConfigurationMistakes(["\(error)"])
        }
    }
}
