internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Reads files again when what their paths lead to changes, and when the process gets SIGHUP.
///
/// Looks once a second, links and directories above included, so that a write, a rename and the exchange of a link all
/// count. What could not be read is tried again when a file changes the next time.
struct ReloadService: Service {
    private let reloads: [IssuingCertificateReload]
    private let logger: Logger
    private let first: [[FileStatus.Identity?]]

    private static let period = Duration.seconds(1)

    /// A service for files that have just been read for the start.
    init(reloads: [IssuingCertificateReload], logger: Logger) {
        self.reloads = reloads
        self.logger = logger
        first = reloads.map { Self.states($0.watchedPaths) }
    }

    func run() async throws {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await _ in hangups { reloads.forEach(read) }
                }
                await watch()
                group.cancelAll()
            }
        }
    }

    /// Looks at the files until the task is cancelled.
    private func watch() async {
        var known = first
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.period)
            for (index, reload) in reloads.enumerated() {
                // What changes while it is read is seen at the next look.
                let states = Self.states(reload.watchedPaths)
                guard states != known[index] else { continue }
                known[index] = states
                read(reload)
            }
        }
    }

    private func read(_ reload: IssuingCertificateReload) {
        do {
            try reload.reload()
        } catch {
            let lines = (error as? ConfigurationMistakes)?.lines ?? ["\(error)"]
            logger.error(
                "not reloaded: what was there before stays in use",
                metadata: ["what": "\(reload.name)", "mistakes": "\(lines.joined(separator: "; "))"])
        }
    }

    private static func states(_ paths: [String]) -> [FileStatus.Identity?] {
        paths.map { FileStatus(path: $0)?.identity }
    }
}
