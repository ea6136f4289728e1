internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Lets the signing keys sign and verifies what they signed: at the start and every hour (reliability R-42).
///
/// While a key fails nothing is issued, and it is tried every minute.
final class SelfTest: Service {
    /// One key with its test; the name is for the log alone.
    struct Key: Sendable {
        let name: String
        let test: @Sendable () async throws -> Void
    }

    private let keys: @Sendable () -> [Key]
    private let interval: Duration
    private let retryInterval: Duration
    private let logger: Logger
    private let failed: @Sendable (_ names: [String]) -> Void
    private let isGood = Mutex(true)

    /// A test of some keys; none has been made yet.
    ///
    /// Which keys there are is asked anew for each test. `failed` is called with the names of keys that fail when all
    /// passed before, and not again while any fails.
    init(
        _ keys: @autoclosure @escaping @Sendable () -> [Key], interval: Duration = .seconds(3600),
        retryInterval: Duration = .seconds(60), logger: Logger,
        failed: @escaping @Sendable (_ names: [String]) -> Void = { _ in }
    ) {
        self.failed = failed
        self.keys = keys
        self.interval = interval
        self.retryInterval = retryInterval
        self.logger = logger
    }

    /// Whether every key passed its last test.
    var isPassed: Bool { isGood.withLock { $0 } }

    /// Tests every key once; answers with the names of those that failed.
    @discardableResult
    func test() async -> [String] {
        var names: [String] = []
        for key in keys() {
            do {
                try await key.test()
            } catch {
                names.append(key.name)
                logger.critical(
                    "a signing key failed its self-test", metadata: ["key": "\(key.name)", "error": "\(error)"])
            }
        }
        let hasPassed = names.isEmpty
        let wasGood = isGood.withLock { isGood in
            defer { isGood = hasPassed }
            return isGood
        }
        if hasPassed, !wasGood { logger.notice("the signing keys passed their self-test again") }
        if !hasPassed, wasGood { failed(names) }
        return names
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: isPassed ? interval : retryInterval)
                guard !Task.isCancelled else { return }
                await test()
            }
        }
    }
}
