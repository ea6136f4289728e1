package import Logging
package import OpenSSL
internal import Issuance
internal import TransparencyLog

/// What `serve` checks before it opens a port, without opening one and without writing anything (reliability R-58).
package enum StartUpCheck {
    /// Reads and checks all files of a run; throws every mistake at once.
    ///
    /// Without a CA in the options, only the identity configuration is looked at. The log and the audit stream are not
    /// opened for writing, because that takes their locks: of the log's database only the head is read and compared
    /// with the guard file, and of the stream its end, so this can be run beside a server. What is allowed but may not
    /// be meant goes to the logger.
    package static func run(
        _ options: ServerOptions, passphrase: () throws -> Passphrase, now: Timestamp, logger: Logger
    ) throws -> LoadedIssuers {
        guard coversAuthority(options) else {
            var mistakes: [String] = []
            var warnings: [String] = []
            _ = options.keyPolicy(mistakes: &mistakes, warnings: &warnings)
            let issuers: LoadedIssuers
            do {
                issuers = try LoadedIssuers.load(options.issuerFile)
            } catch {
                throw ConfigurationMistakes(mistakes + error.lines)
            }
            guard mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
            for warning in warnings + issuers.warnings {
                logger.warning("configuration", metadata: ["detail": "\(warning)"])
            }
            return issuers
        }
        var mistakes: [String] = []
        let parts = ConfigurationMistakes.attempt(&mistakes) {
            try LoadedAuthority.read(options, passphrase: passphrase, now: now, logger: logger)
        }
        _ = ConfigurationMistakes.attempt(&mistakes) { try ListenerIdentities(options, logger: logger) }
        _ = ConfigurationMistakes.attempt(&mistakes) { try options.submissionToken() }
        _ = ConfigurationMistakes.attempt(&mistakes) { try options.auditToken() }
        if let path = options.auditFile {
            _ = ConfigurationMistakes.attempt(&mistakes) { try AuditFile.requireUsable(path) }
        }
        for log in parts?.ownLogs ?? [] {
            _ = ConfigurationMistakes.attempt(&mistakes) {
                try requireDatabase(log.directory.logStore(log.settings.shard))
                try compareWithGuard(log, options)
            }
        }
        guard let parts, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        return parts.issuers
    }

    /// Whether the options name a CA, so that more than the identity configuration is checked.
    package static func coversAuthority(_ options: ServerOptions) -> Bool {
        switch options.authority {
        case .dataDirectory: options.dataDirectory != nil
        case .files, .ephemeral: true
        }
    }

    /// Compares the newest head with the guard file; nothing of the store is recomputed.
    private static func compareWithGuard(_ log: OwnLog, _ options: ServerOptions) throws {
        guard !log.isTemporary else { return }
        let stored = try StoredLog(log.directory, log.settings)
        try stored.inspection().compare(withGuardAt: stored.guardFile(options.logGuardFile))
    }

    private static func requireDatabase(_ path: String) throws(ConfigurationMistakes) {
        do {
            guard try PrivateFile.prefix(path, count: 16) == Array("SQLite format 3\0".utf8) else {
                throw ConfigurationMistakes(["\(path): not the database of a log"])
            }
        } catch let error as ConfigurationMistakes {
            throw error
        } catch {
            throw ConfigurationMistakes(["\(error)"])
        }
    }
}
