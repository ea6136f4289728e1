import Logging
import Testing

@testable import Identity

@Suite struct FetchQueueTests {
    private static func keys(_ url: String, _ queue: FetchQueue) throws -> IssuerKeys {
        IssuerKeys(
            issuer: try OIDCIssuer(url: url, clientID: "sigstore", type: "email"), settings: IssuerPoolSettings(),
            queue: queue, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("R-30: one host gets a quarter of the places, and gives them back")
    func hosts() throws {
        let queue = FetchQueue(limit: 8)
        let slow = try (1...3).map { try Self.keys("https://slow.example.com/\($0)", queue) }
        #expect(queue.submit(slow[0]) && queue.submit(slow[1]))
        #expect(!queue.submit(slow[2]))
        let others = try (1...7).map { try Self.keys("https://other\($0).example.com", queue) }
        #expect(others[..<6].allSatisfy(queue.submit))
        #expect(!queue.submit(others[6]))
        queue.leave(slow[0])
        #expect(queue.submit(slow[2]))
    }

    @Test func `a queue that has ended takes nothing and keeps no place`() throws {
        let queue = FetchQueue(limit: 4)
        queue.finish()
        let keys = try Self.keys("https://a.example.com", queue)
        for _ in 0..<8 { #expect(!queue.submit(keys)) }
    }
}
