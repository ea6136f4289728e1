internal import Dispatch
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Reads files again when they change and when the process gets SIGHUP (reliability R-36).
///
/// Looks once a second at what the paths lead to, so that a write, a rename, and the exchange of a link or of a
/// directory above all count. A change is taken up when it has stood still for a moment. All reading happens on a
/// dispatch queue of its own, one thing after the other, off the cooperative pool. What has to wait afterwards holds up
/// nothing else.
struct FileWatcher: Service {
    /// The time between two looks.
    static let period = Duration.seconds(1)

    /// The time after which what failed to finish is tried again.
    static let retryInterval = Duration.seconds(10)

    /// How long files must not change before they are read: longer than the steps of a file system's clock.
    private static let quietTime = Duration.milliseconds(50)

    /// How often files that go on changing are looked at before they are read all the same.
    private static let patience = 20

    private let items: [Item]
    private let hangups: HangupSignals
    private let logger: Logger
    private let retryInterval: Duration
    private let recorded: @Sendable (_ reload: any ReloadableFiles, _ isGood: Bool) async -> Void

    /// Watches files whose states were `stamps` before they were read for the start.
    ///
    /// `recorded` is told of each reading what was read, and whether it counts.
    init(
        _ reloads: [any ReloadableFiles], since stamps: [String: FileStamp], hangups: HangupSignals, logger: Logger,
        retryInterval: Duration = FileWatcher.retryInterval,
        recorded: @escaping @Sendable (_ reload: any ReloadableFiles, _ isGood: Bool) async -> Void = { _, _ in }
    ) {
        (self.recorded, self.retryInterval) = (recorded, retryInterval)
        items = reloads.map { reload in
            Item(reload: reload, stamps: stamps.filter { reload.watchedPaths.contains($0.key) })
        }
        self.hangups = hangups
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for item in items {
                    guard let finish = item.reload.finish else { continue }
                    group.addTask {
                        for await isRetry in item.orders.stream { await self.finish(item, finish, isRetry: isRetry) }
                    }
                }
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
            if item.takeRetry() { item.orders.continuation.yield(true) }
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
        item.retry(after: nil)
        let failure: (any Error)? = await Self.onQueue {
            item.stampsBeforeReading()
            do {
                try item.reload.reload()
                return nil
            } catch {
                return error
            }
        }
        if failure == nil, item.reload.finish != nil {
            item.orders.continuation.yield(false)
        } else {
            await tell(item, failure)
        }
    }

    /// Does what has to wait; what fails is tried again, and told again only when it fails in another way.
    private func finish(_ item: Item, _ finish: @Sendable () async throws -> Void, isRetry: Bool) async {
        var failure: (any Error)?
        do { try await finish() } catch { failure = error }
        guard !Task.isCancelled else { return }
        let isNew = item.note(failure.map(Self.words))
        item.retry(after: failure == nil ? nil : retryInterval)
        if isNew || !isRetry { await tell(item, failure) }
    }

    private func tell(_ item: Item, _ failure: (any Error)?) async {
        await recorded(item.reload, failure == nil)
        guard let failure else { return logger.notice("reloaded", metadata: ["what": "\(item.reload.name)"]) }
        logger.error(
            "not reloaded: what was there before stays in use",
            metadata: ["what": "\(item.reload.name)", "mistakes": "\(Self.words(failure))"])
    }

    private static func words(_ failure: any Error) -> String {
        (failure as? ConfigurationMistakes)?.lines.joined(separator: "; ") ?? "\(failure)"
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

        /// Orders to do what has to wait, of which one at most waits itself; true for one that failed before.
        let orders = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(1))

        private struct State {
            var stamps: [String: FileStamp]
            var retryTime: ContinuousClock.Instant?
            var failure: String?
        }

        private let state: Mutex<State>

        init(reload: any ReloadableFiles, stamps: [String: FileStamp]) {
            self.reload = reload
            state = Mutex(State(stamps: stamps))
        }

        var stamps: [String: FileStamp] { state.withLock { $0.stamps } }

        /// Remembers the states from before the reading: what changes during it is seen at the next look.
        func stampsBeforeReading() {
            let stamps = FileStamp.all(reload.watchedPaths)
            state.withLock { $0.stamps = stamps }
        }

        /// Has what failed tried again after a while; nil for not at all.
        func retry(after interval: Duration?) {
            state.withLock { $0.retryTime = interval.map { .now + $0 } }
        }

        /// Whether what failed is to be tried again now; true once.
        func takeRetry() -> Bool {
            state.withLock { state in
                guard let time = state.retryTime, time <= .now else { return false }
                state.retryTime = nil
                return true
            }
        }

        /// Remembers how finishing ended, nil for well; whether that is something else than the last time.
        func note(_ failure: String?) -> Bool {
            state.withLock { state in
                defer { state.failure = failure }
                return state.failure != failure
            }
        }
    }
}
