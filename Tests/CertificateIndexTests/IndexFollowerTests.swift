import CertificateTransparency
import Logging
import OpenSSL
import Synchronization
import Testing
import TransparencyLog

@testable import CertificateIndex

@Suite struct IndexFollowerTests {
    /// Counts what is logged.
    private final class Count: Sendable {
        let value = Mutex(0)
    }

    private struct CountingHandler: LogHandler {
        let count: Count
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { count.value.withLock { $0 += 1 } }
    }

    @Test(.timeLimit(.minutes(1)))
    func `an index whose log cannot be read stays open and is gone on with`() async throws {
        let log = try await SearchedLog("2026a")
        try await log.fill([(10, "a")])
        let (source, warnings) = (try log.source(), Count())
        let follower = IndexFollower(
            path: SearchableLog.indexPath(besideLog: log.path), origin: log.parameters.origin,
            logID: log.parameters.logID, reader: try await source.reader(), source: source, waiting: { 0 },
            logger: Logger(label: "test") { _ in CountingHandler(count: warnings) })
        await source.close()
        let running = Task { await follower.run() }
        while warnings.value.withLock({ $0 }) < 1 { try await Task.sleep(for: .milliseconds(5)) }
        let first = try #require(follower.log.index.state.database)
        #expect(follower.status.failure != nil && follower.status.rebuildCount == 0)
        while warnings.value.withLock({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(follower.log.index.state.database === first)
        running.cancel()
        await running.value
        #expect(follower.log.index.state.database == nil)
    }
}
