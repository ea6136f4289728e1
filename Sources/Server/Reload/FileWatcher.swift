internal import Dispatch
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Reads files again when they change and when the process gets SIGHUP (reliability R-36).
///
/// Looks once a second at what the paths lead to, so that a write, a rename, and the exchange of a link or of a
/// directory above all count. A change is taken up when it has stood still for a moment. All reading happens on a
/// dispatch queue of its own, one thing after the other, off the cooperative pool.
struct FileWatcher: Service {
    /// The time between two looks.
    static let period = Duration.seconds(1)

    /// How long files must not change before they are read: longer than the steps of a file system's clock.
    private static let quietTime = Duration.milliseconds(50)

    /// How often files that go on changing are looked at before they are read all the same.
    private static let patience = 20

    private let items: [Item]
    private let hangups: HangupSignals
    private let logger: Logger
    private let recorded: @Sendable (_ reload: any ReloadableFiles, _ isGood: Bool) async -> Void

    /// Watches files whose states were `stamps` before they were read for the start.
    ///
    /// `recorded` is told of each reading what was read, and whether it counts.
    init(
        _ reloads: [any ReloadableFiles], since stamps: [String: FileStamp], hangups: HangupSignals, logger: Logger,
        recorded: @escaping @Sendable (_ reload: any ReloadableFiles, _ isGood: Bool) async -> Void = { _, _ in }
    ) {
        self.recorded = recorded
        items = reloads.map { reload in
            Item(reload: reload, stamps: stamps.filter { reload.watchedPaths.contains($0.key) })
        }
        self.hangups = hangups
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: Self.period)
                        await self.look()
                    }
                }
                for await _ in hangups.signals {
                    logger.notice("SIGHUP: reading everything again")
                    await readAll()
                }
                group.cancelAll()
            }
        }
    }

    /// Reads again what has changed since it was read.
    func look() async {
        for item in items {
            var now = await Self.stamps(of: item)
            guard now != item.stamps else { continue }
            for _ in 0..<Self.patience where !Task.isCancelled {
                try? await Task.sleep(for: Self.quietTime)
                let next = await Self.stamps(of: item)
                if next == now { break }
                now = next
            }
            if !Task.isCancelled { await read(item) }
        }
    }

    /// Reads everything again, changed or not.
    private func readAll() async {
        for item in items { await read(item) }
    }

    private func read(_ item: Item) async {
        var failure: (any Error)?? = await Self.onQueue {
            item.stampsBeforeReading()
            do {
                try item.reload.reload()
                return .some(nil)
            } catch {
                return .some(error)
            }
        }
        if case .some(nil) = failure {
            do { try await item.reload.finish() } catch { failure = .some(error) }
        }
        let isGood = if case .some(.some) = failure { false } else { true }
        await recorded(item.reload, isGood)
        switch failure ?? nil {
        case nil: logger.notice("reloaded", metadata: ["what": "\(item.reload.name)"])
        case let mistakes as ConfigurationMistakes:
            logger.error(
                "not reloaded: what was there before stays in use",
                metadata: ["what": "\(item.reload.name)", "mistakes": "\(mistakes.lines.joined(separator: "; "))"])
        case let error?:
            logger.error(
                "not reloaded: what was there before stays in use",
                metadata: ["what": "\(item.reload.name)", "mistakes": "\(error)"])
        }
    }

    private static func stamps(of item: Item) async -> [String: FileStamp] {
        await onQueue { FileStamp.all(item.reload.watchedPaths) }
    }

    /// Runs what waits for the disk off the cooperative pool.
    private static func onQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    private static let queue = DispatchQueue(label: "mintmark.reload")

    /// One thing to read, and the states that its files had when it was read last.
    private final class Item: Sendable {
        let reload: any ReloadableFiles
        private let last: Mutex<[String: FileStamp]>

        init(reload: any ReloadableFiles, stamps: [String: FileStamp]) {
            self.reload = reload
            last = Mutex(stamps)
        }

        var stamps: [String: FileStamp] { last.withLock { $0 } }

        /// Remembers the states from before the reading: what changes during it is seen at the next look.
        func stampsBeforeReading() {
            let stamps = FileStamp.all(reload.watchedPaths)
            last.withLock { $0 = stamps }
        }
    }
}
