internal import Identity
internal import Logging
internal import Synchronization

/// The identity configuration that is in use, and what became of the last attempt to read another.
struct ConfigurationState: Hashable, Sendable {
    /// The version of the configuration in use: the first 16 hexadecimal digits of the file's SHA-256.
    let version: String

    /// Why the file as it is now is not in use, one line a mistake; empty when it is.
    let mistakes: [String]
}

/// Reads the identity configuration again while the server runs; all of it counts, or nothing (reliability R-36).
final class IssuerReload: ReloadableFiles {
    let name = "identity configuration"
    let watchedPaths: [String]

    private let path: String?
    private let issuers: IssuerPool
    private let metrics: ReloadMetrics
    private let logger: Logger
    private let current: Mutex<ConfigurationState>

    /// Exchanges the issuers of a pool that was made from the file at `path`, or from the built-in ones for nil.
    init(path: String?, version: String, issuers: IssuerPool, metrics: ReloadMetrics, logger: Logger) {
        (self.path, self.issuers, self.metrics, self.logger) = (path, issuers, metrics, logger)
        watchedPaths = path.map { [$0] } ?? []
        current = Mutex(ConfigurationState(version: version, mistakes: []))
    }

    /// What is in use now, and whether the file agrees.
    var configurationState: ConfigurationState { current.withLock { $0 } }

    func reload() throws {
        do {
            let loaded = try LoadedIssuers.load(path)
            issuers.replace(by: loaded.configuration)
            let before = current.withLock { state in
                defer { state = ConfigurationState(version: loaded.version, mistakes: []) }
                return state.version
            }
            metrics.reloaded(isGood: true)
            for warning in loaded.warnings where before != loaded.version {
                logger.warning("configuration", metadata: ["file": "\(path ?? "")", "detail": "\(warning)"])
            }
            logger.notice(
                "identity configuration in use",
                metadata: [
                    "version": "\(loaded.version)", "version.before": "\(before)",
                    "issuers": "\(loaded.configuration.listed.count)",
                ])
        } catch {
            current.withLock { $0 = ConfigurationState(version: $0.version, mistakes: error.lines) }
            metrics.reloaded(isGood: false)
            throw error
        }
    }
}
