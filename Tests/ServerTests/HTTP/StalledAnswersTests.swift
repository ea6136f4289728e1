internal import NIOCore
internal import NIOEmbedded
@testable import Server
import Testing

@Suite struct StalledAnswersTests {
    /// A connection on a clock that the test turns.
    private final class Connection {
        let channel = EmbeddedChannel()
        private(set) var answers: StalledAnswers?

        init() throws {
            answers = StalledAnswers(channel) {}
            try channel.connect(to: .init(ipAddress: "192.0.2.1", port: 443)).wait()
        }

        func begin(_ count: Int) { for _ in 0..<count { answers?.began() } }

        func wait(_ milliseconds: Int64) {
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(milliseconds))
        }
    }

    @Test("R-28 many answers of which nothing is taken end the connection within two seconds")
    func nothingTaken() throws {
        let connection = try Connection()
        connection.wait(60_000)
        connection.begin(StalledAnswers.count)
        connection.wait(1_999)
        #expect(connection.channel.isActive)
        connection.wait(1)
        #expect(!connection.channel.isActive)
    }

    @Test("R-28 few answers may wait, and many while something is sent")
    func progress() throws {
        let connection = try Connection()
        connection.begin(StalledAnswers.count - 1)
        connection.wait(60_000)
        connection.begin(1)
        for _ in 0..<10 {
            connection.wait(1_500)
            connection.answers?.progressed()
        }
        #expect(connection.channel.isActive)
        connection.answers?.ended()
        connection.wait(60_000)
        #expect(connection.channel.isActive)
        connection.begin(1)
        connection.wait(2_000)
        #expect(!connection.channel.isActive)
    }
}
