internal import CertificateTransparency
internal import Issuance
internal import Logging
internal import OpenSSL
internal import Synchronization
internal import TransparencyLog

/// Takes up new shards, and orders to close old ones, while the server runs (transparency-log 0.1; reliability R-36).
///
/// A new shard passes every check of a start before issuance moves over, at once. When anything is wrong with it, the
/// shards that were there go on as before.
final class LogReload: ReloadableFiles {
    let name = "log shards"
    let watchedPaths: [String]

    /// How long a new shard may take to sign its first head.
    private static let patience = Duration.seconds(30)

    private let directory: DataDirectory
    private let passphrase: Passphrase
    private let logs: RunningLogs
    private let open: @Sendable (OwnLog) async throws -> RunningLog
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private let state: Mutex<State>

    private struct State {
        /// What the settings said last, in use or not.
        var read: [ShardSettings]
        var known: [ShardSettings]
        /// Shards that the last reading found and that were not known then.
        var found: [OwnLog] = []
        var readingMistakes: [String] = []
        var openingMistakes: [String] = []
    }

    /// Adds to `logs` what `open` makes of the shards that come after the `known` ones.
    init(
        _ directory: DataDirectory, passphrase: Passphrase, known: [ShardSettings], logs: RunningLogs,
        now: @escaping @Sendable () -> Timestamp, logger: Logger,
        open: @escaping @Sendable (OwnLog) async throws -> RunningLog
    ) {
        (self.directory, self.passphrase, self.logs, self.open) = (directory, passphrase, logs, open)
        (self.now, self.logger) = (now, logger)
        watchedPaths = [directory.settings]
        state = Mutex(State(read: known, known: known))
        order()
    }

    /// Why what the settings say now is not all in use, one line a mistake; empty when it is.
    var mistakes: [String] { state.withLock { $0.readingMistakes + $0.openingMistakes } }

    var auditMembers: [(name: String, value: String)] {
        [("logKeys", logs.sharded.shards.map(\.parameters.logID.hex).joined(separator: ", "))]
    }

    func reload() throws {
        try keepingMistakes(\.readingMistakes) {
            let settings = try OwnLog.settings(directory)
            let known = state.withLock { $0.known }
            for (old, new) in zip(known, settings.shards) where !old.isSameShard(as: new) {
                throw ConfigurationMistakes(["\(directory.settings): the shard \(old.shard) is not what it was"])
            }
            guard settings.shards.count >= known.count else {
                throw ConfigurationMistakes(["\(directory.settings): a shard is missing that was there"])
            }
            let found = try settings.shards.dropFirst(known.count).map {
                try OwnLog.load(directory, $0, passphrase: passphrase)
            }
            state.withLock { ($0.found, $0.read) = (found, settings.shards) }
            order()
        }
    }

    var finish: (@Sendable () async throws -> Void)? {
        { [self] in
            let found = state.withLock { state in
                state.found.filter { source in !state.known.contains { $0.shard == source.settings.shard } }
            }
            do {
                for source in found { try await takeUp(source) }
                order()
                try keepingMistakes(\.openingMistakes) {}
            } catch {
                try keepingMistakes(\.openingMistakes) { throw error }
            }
        }
    }

    private func takeUp(_ source: OwnLog) async throws {
        let shard = source.settings.shard
        if logs.shard(shard) == nil { logs.add(try await open(source)) }
        guard let log = logs.shard(shard)?.log else { return }
        try await waitForHead(of: log)
        logs.sharded.append(log)
        state.withLock { $0.known.append(source.settings) }
        logger.notice(
            "a new shard of the log",
            metadata: [
                "shard": "\(shard)", "log.id": "\(log.parameters.logID.hex)",
                "from": "\(source.settings.windowStart.rfc3339)", "until": "\(source.settings.windowEnd.rfc3339)",
            ])
    }

    /// A head of its own proves that the key signs and that the store takes commits, before any request depends on it.
    private func waitForHead(of log: LocalLog) async throws {
        let end = ContinuousClock.now + Self.patience
        while ContinuousClock.now < end {
            switch log.condition {
            case .serving, .closed: return
            case .frozen(let reason): throw ConfigurationMistakes(["shard \(log.parameters.shard): frozen: \(reason)"])
            case .starting, .readOnlyTemporarily: try await Task.sleep(for: .milliseconds(20))
            }
        }
        throw ConfigurationMistakes(["shard \(log.parameters.shard): it signed no head in \(Self.patience)"])
    }

    /// Passes on the orders to close, but for the shard that issuance needs.
    private func order() {
        let end = now().adding(milliseconds: CertificateProfile.lifetimeInMilliseconds)
        let needed = logs.sharded.shard(forNotAfter: end)
        let other = logs.sharded.shard(forNotAfter: end, otherThan: needed)
        var orders: [String: ShardSettings.Closing] = [:]
        for shard in state.withLock({ $0.read }) {
            guard let order = shard.closing else { continue }
            if shard.shard == needed?.parameters.shard, other == nil {
                logger.error(
                    "not closed: no other shard takes the certificates that are made now",
                    metadata: ["shard": "\(shard.shard)"])
            } else {
                orders[shard.shard] = order
            }
        }
        logs.order(orders)
    }

    /// Runs one step and remembers what is wrong with it, or that nothing is.
    private func keepingMistakes(_ kept: WritableKeyPath<State, [String]>, _ body: () throws -> Void) throws {
        do {
            try body()
            state.withLock { $0[keyPath: kept] = [] }
        } catch {
            let lines = (error as? ConfigurationMistakes)?.lines ?? ["\(error)"]
            state.withLock { $0[keyPath: kept] = lines }
            throw ConfigurationMistakes(lines)
        }
    }
}
