internal import CertificateTransparency
internal import Issuance
internal import Logging
internal import OpenSSL
internal import TransparencyLog

/// What the log of this process is opened with.
struct OwnLog: Sendable {
    /// Where the log lies: a data directory, or the part of one that a throwaway log needs.
    let directory: DataDirectory

    /// The log's name and window, and where clients reach it.
    let settings: ShardSettings

    /// The key that signs tree heads and timestamps.
    let key: LocalSigningKey

    /// Whether the directory goes away with the process.
    let isTemporary: Bool

    /// Reads all shards of a data directory, oldest first; throws every mistake at once.
    static func load(_ directory: DataDirectory, passphrase: Passphrase?) throws -> [OwnLog] {
        let settings = try settings(directory)
        // A passphrase that could not be had is a mistake already.
        guard let passphrase else { return [] }
        var mistakes: [String] = []
        let logs = settings.shards.compactMap { shard in
            ConfigurationMistakes.attempt(&mistakes) { try load(directory, shard, passphrase: passphrase) }
        }
        guard mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        return logs
    }

    /// Reads one shard of a data directory.
    static func load(
        _ directory: DataDirectory, _ settings: ShardSettings, passphrase: Passphrase
    ) throws -> OwnLog {
        OwnLog(
            directory: directory, settings: settings, key: try key(directory, settings.shard, passphrase),
            isTemporary: false)
    }

    /// Makes a log with a key of its own in a temporary directory, which accepts one root.
    ///
    /// Its key exists in this process alone; its public half and the root are beside it, for clients.
    static func temporary(root: Certificate, at address: ListenAddress, now: Timestamp) async throws -> OwnLog {
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        guard let url = PublicURL("http://\(host):\(address.port)") ?? PublicURL("http://localhost") else {
            throw ConfigurationMistakes(["\(address.host) makes no log origin"])
        }
        let settings = ShardSettings(
            organization: "ephemeral", publicURL: url, shard: "ephemeral", windowStart: now,
            windowEnd: now.adding(milliseconds: CertificateAuthorityProfile.rootLifetimeInDays * 86_400_000))
        let key = LocalSigningKey(try PrivateKey.generate(.ellipticCurve(.p256)))
        let directory = DataDirectory(try PrivateFile.createTemporaryDirectory(prefix: "mintmark-ephemeral"))
        let log = OwnLog(directory: directory, settings: settings, key: key, isTemporary: true)
        do {
            try await log.create(root: root, now: now)
        } catch {
            log.removeIfTemporary()
            throw error
        }
        return log
    }

    private func create(root: Certificate, now: Timestamp) async throws {
        for path in [directory.authority, directory.logs, directory.log(settings.shard)] {
            try PrivateFile.createDirectory(path)
        }
        let info = key.publicKey.subjectPublicKeyInfo
        try PrivateFile.create(directory.root, Array(root.pem.utf8))
        try PrivateFile.create(
            directory.logPublicKey(settings.shard), Array(PEM.encode(label: "PUBLIC KEY", info.der).utf8))
        try await LocalLog.create(
            at: directory.logStore(settings.shard), parameters: try settings.logParameters(key: info), key: key,
            roots: [root], now: now)
    }

    /// Opens the log; throws one line when it does not accept the root.
    ///
    /// The guard file of a log for this run alone is always beside it. When it is one of several shards, every error
    /// names it.
    func open(
        _ options: ServerOptions, requiring root: Certificate, isOneOfSeveral: Bool,
        clock: @escaping @Sendable () -> Timestamp, logger: Logger, sequenced: @escaping @Sendable (Duration) -> Void
    ) async throws -> LocalLog {
        do {
            return try await open(options, requiring: root, clock: clock, logger: logger, sequenced: sequenced)
        } catch let mistakes as ConfigurationMistakes where isOneOfSeveral {
            throw ConfigurationMistakes(mistakes.lines.map { "shard \(settings.shard): \($0)" })
        } catch  where isOneOfSeveral {
            throw ConfigurationMistakes(["shard \(settings.shard): \(error)"])
        }
    }

    private func open(
        _ options: ServerOptions, requiring root: Certificate, clock: @escaping @Sendable () -> Timestamp,
        logger: Logger, sequenced: @escaping @Sendable (Duration) -> Void
    ) async throws -> LocalLog {
        do {
            let log = try await LocalLog.open(
                at: directory.logStore(settings.shard),
                guardPath: isTemporary ? nil : settings.guardFile(options.logGuardFile),
                parameters: try settings.logParameters(key: key.publicKey.subjectPublicKeyInfo), key: key,
                requiring: [root], scrub: ScrubPolicy(interval: .seconds(options.logScrubInterval)),
                alignsPages: options.alignsLogPages, clock: clock, logger: logger, sequenced: sequenced)
            switch log.condition {
            case .closed(let reason):
                logger.notice(
                    "a closed shard only serves reads",
                    metadata: ["shard": "\(settings.shard)", "reason": "\(reason)"])
            case let condition:
                guard let obstacle = condition.obstacle else { break }
                logger.critical(
                    "this shard takes no certificate",
                    metadata: ["shard": "\(settings.shard)", "reason": "\(obstacle)"])
            }
            return log
        } catch LogFailure.rootNotAccepted {
            throw ConfigurationMistakes([Self.unknownRoot(root)])
        }
    }

    /// What to say about a chain that ends in a root which the log does not accept.
    static func unknownRoot(_ root: Certificate) -> String {
        "the log does not accept the last certificate of the chain "
            + "(\(DistinguishedName.description(of: root.subject)), SHA-256 \(root.fingerprint.hex)) as a root; "
            + "make a data directory whose log does: mintmark init --existing-ca"
    }

    /// Removes what was made for this run alone.
    func removeIfTemporary() {
        if isTemporary { PrivateFile.removeDirectory(directory.path) }
    }

    /// What `init` fixed for a data directory; throws every mistake.
    static func settings(_ directory: DataDirectory) throws(ConfigurationMistakes) -> DataDirectorySettings {
        guard PrivateFile.exists(directory.path) else {
            throw ConfigurationMistakes(["\(directory.path) does not exist; create it with: mintmark init"])
        }
        do {
            return try DataDirectorySettings(yaml: try PrivateFile.readText(directory.settings))
        } catch let error as ConfigurationMistakes {
            throw ConfigurationMistakes(error.lines.map { "\(directory.path)/\($0)" })
        } catch {
            throw ConfigurationMistakes(["\(error)"])
        }
    }

    /// The log key, after a look at the file with its public half, which operators hand out to clients.
    private static func key(
        _ directory: DataDirectory, _ shard: String, _ passphrase: Passphrase
    ) throws -> LocalSigningKey {
        let key = try KeyFiles.key(directory.logKey(shard), passphrase)
        let published = PEM.firstBlock(in: try PrivateFile.read(directory.logPublicKey(shard), readers: .anyone))
        guard published?.bytes == key.publicKey.subjectPublicKeyInfo.der else {
            throw ConfigurationMistakes(["\(directory.logPublicKey(shard)): not the public half of the log key"])
        }
        return key
    }
}
