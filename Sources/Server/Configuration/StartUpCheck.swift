package import Logging
package import OpenSSL
internal import Issuance
internal import TransparencyLog

/// What `serve` checks before it opens a port, without opening one and without writing anything (reliability R-58).
package enum StartUpCheck {
    /// What would be used.
    package struct Report: Sendable {
        /// The identity configuration.
        package let issuers: LoadedIssuers

        /// The shards of the own log, oldest first; none without one, and none of a log for one run alone.
        package let shards: [CheckedShard]
    }

    /// Reads and checks all files of a run; throws every mistake at once.
    ///
    /// Without a CA in the options, only the identity configuration is looked at. The log and the audit stream are not
    /// opened for writing, because that takes their locks: of the log's database only the head is read and compared
    /// with the guard file, and of the stream its end, so this can be run beside a server. What is allowed but may not
    /// be meant goes to the logger.
    package static func run(
        _ options: ServerOptions, passphrase: () throws -> Passphrase, now: Timestamp, logger: Logger
    ) throws -> Report {
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
            return Report(issuers: issuers, shards: [])
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
        let shards = (parts?.ownLogs ?? []).compactMap { log in
            ConfigurationMistakes.attempt(&mistakes) {
                try requireDatabase(log.directory.logStore(log.settings.shard))
                return try compareWithGuard(log, options)
            } ?? nil
        }
        guard let parts, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        return Report(issuers: parts.issuers, shards: shards)
    }

    /// Whether the options name a CA, so that more than the identity configuration is checked.
    package static func coversAuthority(_ options: ServerOptions) -> Bool {
        switch options.authority {
        case .dataDirectory: options.dataDirectory != nil
        case .files, .ephemeral: true
        }
    }

    /// Compares the newest head with the guard file; nothing of the store is recomputed.
    ///
    /// Nil for a log for one run alone.
    private static func compareWithGuard(_ log: OwnLog, _ options: ServerOptions) throws -> CheckedShard? {
        guard !log.isTemporary else { return nil }
        let stored = try StoredLog(log.directory, log.settings)
        let (head, condition) = try stored.inspection().compare(withGuardAt: stored.guardFile(options.logGuardFile))
        return CheckedShard(parameters: stored.parameters, condition: condition, size: head.size.value)
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
