internal import Identity
package import Logging
package import OpenSSL
internal import Issuance
internal import TransparencyLog

/// What `serve` checks before it opens a port, without opening one and without writing anything (reliability R-58).
package enum StartUpCheck {
    /// What was found when nothing was wrong.
    package struct Report: Sendable {
        /// The issuers that would be trusted.
        package let issuers: LoadedIssuers
        /// The most memory that a server could take; nil when there is none to start.
        package let ceiling: MemoryCeiling?
        /// The shards of the own log, oldest first; none without one, and none of a log for one run alone.
        package let shards: [CheckedShard]
    }

    /// Reads and checks all files of a run; throws every mistake at once.
    ///
    /// Without a CA in the options, only the identity configuration is looked at. The log and the audit stream are not
    /// opened for writing, because that takes their locks: the log's database is read by a connection that cannot
    /// write, in one view, and put through the checks of a start, the comparison with the guard file among them; of
    /// the stream its end is read. So this can be run beside a server. What is allowed but may not be meant goes to
    /// the logger.
    package static func run(
        _ options: ServerOptions, passphrase: () throws -> Passphrase, now: () -> Timestamp, logger: Logger
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
            return Report(issuers: issuers, ceiling: nil, shards: [])
        }
        var mistakes: [String] = []
        let parts = ConfigurationMistakes.attempt(&mistakes) {
            try LoadedAuthority.read(options, passphrase: passphrase, now: now(), logger: logger)
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
                return try check(log, options, now: now)
            } ?? nil
        }
        guard let parts, mistakes.isEmpty else { throw ConfigurationMistakes(mistakes) }
        // An ephemeral CA makes a shard of its own at the start.
        let shardCount = if case .own = options.log { max(1, shards.count) } else { 0 }
        let ceiling = MemoryCeiling(options, shards: shardCount, issuers: parts.issuers.configuration.listed)
        return Report(issuers: parts.issuers, ceiling: ceiling, shards: shards)
    }

    /// Whether the options name a CA, so that more than the identity configuration is checked.
    package static func coversAuthority(_ options: ServerOptions) -> Bool {
        switch options.authority {
        case .dataDirectory: options.dataDirectory != nil
        case .files, .ephemeral: true
        }
    }

    /// Puts a shard through the checks of its start; nil for a log for one run alone.
    private static func check(_ log: OwnLog, _ options: ServerOptions, now: () -> Timestamp) throws -> CheckedShard? {
        guard !log.isTemporary else { return nil }
        let stored = try StoredLog(log.directory, log.settings)
        let found = try stored.inspection().checkStart(guardPath: stored.guardFile(options.logGuardFile), now: now)
        return CheckedShard(parameters: stored.parameters, condition: found.condition, size: found.head.size.value)
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
