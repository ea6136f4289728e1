internal import HTTPTypes
internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTPTypes
internal import Synchronization
@testable import Server
import Testing

@Suite struct AnswerBudgetTests {
    /// Which answers were given up, by their names.
    private final class GivenUp: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }

        func add(_ byteCount: Int, _ name: String, to budget: AnswerBudget) -> AnswerBudget.Ticket {
            budget.add(byteCount) { _ in self.names.withLock { $0.append(name) } }
        }
    }

    @Test("R-26 the answers that wait longest make room for later ones")
    func oldest() {
        let (budget, given) = (AnswerBudget(maximumByteCount: 100), GivenUp())
        let first = given.add(40, "first", to: budget)
        let second = given.add(40, "second", to: budget)
        #expect(given.all.isEmpty && budget.byteCount == 80)
        budget.remove(second)
        let third = given.add(60, "third", to: budget)
        #expect(given.all.isEmpty && budget.byteCount == 100)
        _ = given.add(50, "fourth", to: budget)
        #expect(given.all == ["first", "third"] && budget.byteCount == 50)
        // Whoever was given up and ends later changes nothing.
        budget.remove(first)
        budget.remove(third)
        #expect(budget.byteCount == 50)
        _ = given.add(100, "fifth", to: budget)
        #expect(given.all == ["first", "third", "fourth"] && budget.byteCount == 100)
    }

    /// Keeps what it gets, like a client that does not read.
    private final class Reader: ChannelOutboundHandler {
        typealias OutboundIn = HTTPResponsePart

        var waiting: [EventLoopPromise<Void>] = []

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if case .end = unwrapOutboundIn(data), let promise { waiting.append(promise) }
        }
    }

    private func connection(_ bounds: AnswerBounds) throws -> (EmbeddedChannel, Reader) {
        let (channel, reader) = (EmbeddedChannel(), Reader())
        try channel.pipeline.syncOperations.addHandlers([reader, AnswerLimit(bounds) {}])
        try channel.connect(to: .init(ipAddress: "192.0.2.1", port: 443)).wait()
        return (channel, reader)
    }

    private func answer(_ channel: EmbeddedChannel, _ byteCount: Int) {
        channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
        channel.write(HTTPResponsePart.body(ByteBuffer(repeating: 0, count: byteCount)), promise: nil)
        channel.writeAndFlush(HTTPResponsePart.end(nil), promise: nil)
        channel.embeddedEventLoop.run()
    }

    @Test("R-26 connections that do not read long answers end when others need the room, and give it back")
    func connections() throws {
        let budget = AnswerBudget(maximumByteCount: 100_000)
        let bounds = AnswerBounds(budget: budget)
        let (silent, _) = try connection(bounds)
        let (reading, reader) = try connection(bounds)
        let (small, _) = try connection(bounds)
        answer(silent, 60_000)
        answer(small, AnswerBudget.freeByteCount)
        #expect(budget.byteCount == 60_000)
        answer(reading, 40_000)
        reader.waiting.removeFirst().succeed()
        #expect(budget.byteCount == 60_000 && silent.isActive)
        answer(reading, 50_000)
        silent.embeddedEventLoop.run()
        #expect(!silent.isActive && reading.isActive && small.isActive && budget.byteCount == 50_000)
        try reading.close().wait()
        reading.embeddedEventLoop.run()
        #expect(budget.byteCount == 0)
    }
}
