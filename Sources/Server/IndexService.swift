internal import CertificateIndex
internal import CertificateTransparency
internal import Logging
internal import ServiceLifecycle
internal import TransparencyLog

/// Keeps the index of a log for auditors until the server stops; stopped before the log.
struct IndexService: Service {
    let follower: IndexFollower

    /// The follower of a log whose database lies at `path`; nil when that cannot be read a second time.
    static func follower(of log: LocalLog, at path: String, logger: Logger) -> IndexFollower? {
        do {
            let source = try SQLiteLogSource(
                path: path, description: log.parameters.description, format: .certificateTransparency)
            return IndexFollower(
                path: SearchableLog.indexPath(besideLog: path), origin: log.parameters.origin,
                logID: log.parameters.logID, reader: log.reader, source: source, waiting: { log.load.waitingCount },
                logger: logger)
        } catch {
            // A search then reads the entries one by one; the CA goes on in any case.
            logger.warning("there is no certificate index", metadata: ["cause": "\(error)"])
            return nil
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await follower.run() }
    }
}
