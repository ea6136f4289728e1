internal import CertificateTransparency
internal import Identity
internal import Issuance
internal import Logging
internal import OpenSSL
internal import TransparencyLog

/// Everything that a run needs from files, read and checked before any port opens.
struct LoadedAuthority: Sendable {
    let issuers: LoadedIssuers
    let policy: KeyPolicy
    let issuing: IssuingCertificate

    /// Where `issuing` came from; nil when it is of this run alone.
    let issuingFiles: IssuingFiles?

    /// What the shards of our own log are opened with, oldest first; none when certificates are logged elsewhere or
    /// nowhere.
    let ownLogs: [OwnLog]

    /// Opens the keys of shards that come later; nil when there can be none.
    let logPassphrase: Passphrase?

    /// The logs of others that certificates go to.
    let remoteLogs: [RemoteLogSettings]

    /// The witnesses of our own log; nil when there are none.
    var witnesses: WitnessPolicy?

    /// What was read, before anything is made for an ephemeral CA.
    struct Parts: Sendable {
        let issuers: LoadedIssuers
        let policy: KeyPolicy
        /// The chain and key with where they came from; nil for an ephemeral CA.
        let issuing: (pair: IssuingCertificate, files: IssuingFiles)?
        let ownLogs: [OwnLog]
        let logPassphrase: Passphrase?
        let remoteLogs: [RemoteLogSettings]
        let witnesses: WitnessPolicy?
    }

    /// Reads all files; throws every mistake that could be found, one line each.
    ///
    /// What it makes for an ephemeral CA is the caller's to remove.
    static func load(
        _ options: ServerOptions, passphrase: () throws -> Passphrase, now: Timestamp, logger: Logger
    ) async throws -> LoadedAuthority {
        let parts = try read(options, passphrase: passphrase, now: now, logger: logger)
        var loaded =
            if let issuing = parts.issuing {
                LoadedAuthority(
                    issuers: parts.issuers, policy: parts.policy, issuing: issuing.pair, issuingFiles: issuing.files,
                    ownLogs: parts.ownLogs, logPassphrase: parts.logPassphrase, remoteLogs: parts.remoteLogs)
            } else {
                try await ephemeral(options, parts, now: now, logger: logger)
            }
        loaded.witnesses = parts.witnesses
        return loaded
    }

    /// Reads all files and makes nothing; throws every mistake that could be found, one line each.
    static func read(
        _ options: ServerOptions, passphrase: () throws -> Passphrase, now: Timestamp, logger: Logger
    ) throws -> Parts {
        var mistakes = sourceMistakes(options)
        guard mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        var warnings: [String] = []
        let policy = options.keyPolicy(mistakes: &mistakes, warnings: &warnings)
        if options.isDevelopment, !options.isLoopback {
            mistakes.append("--development is for a loopback --host and --grpc-host only")
        }
        let issuers = ConfigurationMistakes.attempt(&mistakes) { try LoadedIssuers.load(options.issuerFile) }
        let opening = options.needsPassphrase ? ConfigurationMistakes.attempt(&mistakes, passphrase) : nil
        let files = issuingFiles(options, opening)
        // The files say themselves what is wrong with those that they guard.
        let guarded = files?.guarded ?? []
        mistakes += PrivateFile.exposureMistakes(decisivePaths(options).filter { !guarded.contains($0) })
        let loaded = files.flatMap { files in ConfigurationMistakes.attempt(&mistakes) { try files.load(now: now) } }
        let ownLogs = options.ownLogDirectory.flatMap { directory in
            ConfigurationMistakes.attempt(&mistakes) { try OwnLog.load(directory, passphrase: opening) }
        }
        let remoteLogs = ConfigurationMistakes.attempt(&mistakes) {
            try RemoteLogFiles.settings(options, warnings: &warnings)
        }
        let witnesses = ConfigurationMistakes.attempt(&mistakes) {
            try WitnessFile.load(options, logs: ownLogs ?? [], warnings: &warnings)
        }
        for warning in warnings + (issuers?.warnings ?? []) + (loaded?.warnings ?? []) {
            logger.warning("configuration", metadata: ["detail": "\(warning)"])
        }
        guard let issuers, let remoteLogs, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        let issuing = loaded.flatMap { loaded in files.map { (pair: loaded.issuing, files: $0) } }
        if issuing == nil, !options.isEphemeral {
            throw ConfigurationMistakes(["the chain and key that issue could not be read"])
        }
        return Parts(
            issuers: issuers, policy: policy, issuing: issuing, ownLogs: ownLogs ?? [],
            logPassphrase: options.ownLogDirectory == nil ? nil : opening, remoteLogs: remoteLogs,
            witnesses: witnesses ?? nil)
    }

    /// Whether the CA and the log that were chosen go together.
    private static func sourceMistakes(_ options: ServerOptions) -> [String] {
        switch (options.authority, options.log, options.dataDirectory) {
        case (.dataDirectory, _, nil): ["--data-dir is missing"]
        case (.files, .own, nil):
            [
                "--ca fileca needs a log: one of our own with --data-dir, whose log accepts the CA's root "
                    + "(mintmark init --existing-ca), or another with --ct-log-url"
            ]
        case (.ephemeral, _, .some):
            [
                "--ca ephemeralca makes a new root at each start, which the log of --data-dir does not accept: "
                    + "leave --data-dir out"
            ]
        default: []
        }
    }

    /// What decides who is certified and how, so that nobody else may write to it.
    private static func decisivePaths(_ options: ServerOptions) -> [String] {
        var paths: [String] = []
        if let directory = options.dataDirectory {
            paths += [directory.path, directory.settings, directory.authority, directory.chain, directory.logs]
        }
        if case .files(let certificate, _, _, _) = options.authority { paths.append(certificate) }
        if case .own = options.log { paths += [options.witnessPolicyFile].compactMap(\.self) }
        return paths
    }

    /// The files of the chain and key; nil for an ephemeral CA, and when the passphrase of the data directory is
    /// missing.
    private static func issuingFiles(_ options: ServerOptions, _ passphrase: Passphrase?) -> IssuingFiles? {
        switch options.authority {
        case .dataDirectory:
            guard let directory = options.dataDirectory, let passphrase else { return nil }
            return IssuingFiles(directory, passphrase: passphrase, acceptsExampleKeys: options.isDevelopment)
        case .files(let certificate, let key, let passphrase, _):
            return IssuingFiles(
                certificate: certificate, key: key, passphrase: passphrase,
                acceptsExampleKeys: options.isDevelopment)
        case .ephemeral: return nil
        }
    }

    /// A CA for this run alone, with a log for this run alone unless another log was chosen.
    private static func ephemeral(
        _ options: ServerOptions, _ parts: Parts, now: Timestamp, logger: Logger
    ) async throws -> LoadedAuthority {
        let issuing = try await EphemeralAuthority.create(now: now)
        logger.warning(
            "ephemeral CA: its root is new at each start and must never be trusted for anything but a test",
            metadata: ["root.sha256": "\(issuing.root.fingerprint.hex)"])
        guard case .own = options.log else {
            return LoadedAuthority(
                issuers: parts.issuers, policy: parts.policy, issuing: issuing, issuingFiles: nil, ownLogs: [],
                logPassphrase: nil, remoteLogs: parts.remoteLogs)
        }
        let log = try await OwnLog.temporary(root: issuing.root, at: options.http, now: now)
        logger.warning(
            "ephemeral log: it goes away with this process",
            metadata: [
                "log.public-key": "\(Base64.encode(log.key.publicKey.subjectPublicKeyInfo.der))",
                "log.public-key.file": "\(log.directory.logPublicKey(log.settings.shard))",
                "root.file": "\(log.directory.root)",
            ])
        return LoadedAuthority(
            issuers: parts.issuers, policy: parts.policy, issuing: issuing, issuingFiles: nil, ownLogs: [log],
            logPassphrase: nil, remoteLogs: [])
    }
}

extension ServerOptions {
    /// The data directory with the log that certificates go to; nil when they go elsewhere.
    var ownLogDirectory: DataDirectory? {
        if case .own = log { dataDirectory } else { nil }
    }

    /// Whether the CA is of this run alone.
    fileprivate var isEphemeral: Bool {
        if case .ephemeral = authority { true } else { false }
    }

    /// Whether a file under the passphrase of the data directory is to be read.
    fileprivate var needsPassphrase: Bool {
        if case .dataDirectory = authority { return true }
        return ownLogDirectory != nil
    }
}
