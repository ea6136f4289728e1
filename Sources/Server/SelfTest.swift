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

    private let keys: [Key]
    private let interval: Duration
    private let retryInterval: Duration
    private let logger: Logger
    private let isGood = Mutex(true)

    /// A test of some keys; none has been made yet.
    init(
        _ keys: [Key], interval: Duration = .seconds(3600), retryInterval: Duration = .seconds(60), logger: Logger
    ) {
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
        var failed: [String] = []
        for key in keys {
            do {
                try await key.test()
            } catch {
                failed.append(key.name)
                logger.critical(
                    "a signing key failed its self-test", metadata: ["key": "\(key.name)", "error": "\(error)"])
            }
        }
        let hasPassed = failed.isEmpty
        let wasGood = isGood.withLock { isGood in
            defer { isGood = hasPassed }
            return isGood
        }
        if hasPassed, !wasGood { logger.notice("the signing keys passed their self-test again") }
        return failed
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
