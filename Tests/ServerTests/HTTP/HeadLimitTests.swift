internal import NIOCore
internal import NIOEmbedded
@testable import Server
import Testing

@Suite struct HeadLimitTests {
    /// A connection with a limit, on a clock that the test turns; the test says where heads and requests end.
    private final class Connection {
        let channel = EmbeddedChannel()
        private(set) var refusals = 0

        init() throws {
            let limit = HeadLimit { self.refusals += 1 }
            try channel.pipeline.syncOperations.addHandlers([limit, Requests(limit)])
            try channel.connect(to: .init(ipAddress: "192.0.2.1", port: 443)).wait()
        }

        func receive(_ text: String) throws {
            try channel.writeInbound(ByteBuffer(string: text))
        }

        func wait(_ seconds: Int64) {
            channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
        }

        var isOpen: Bool { channel.isActive }
    }

    /// Takes `h` for the end of a head and `r` for the end of its request.
    private final class Requests: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let limit: HeadLimit

        init(_ limit: HeadLimit) {
            self.limit = limit
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            for letter in unwrapInboundIn(data).readableBytesView {
                if letter == UInt8(ascii: "h") { limit.end() }
                if letter == UInt8(ascii: "r") { limit.begin() }
            }
        }
    }

    @Test("R-27 a head that is not whole ten seconds after its first octet ends the connection, whatever still comes")
    func slow() throws {
        let connection = try Connection()
        connection.wait(3600)
        try connection.receive("a")
        connection.wait(9)
        try connection.receive("a")
        #expect(connection.isOpen && connection.refusals == 0)
        connection.wait(1)
        #expect(!connection.isOpen && connection.refusals == 1)
    }

    @Test("R-27 a head that came whole has no limit, nor has what follows, and the next head has its own")
    func whole() throws {
        let connection = try Connection()
        for parts in [["hr"], ["h", "r"], ["a", "h", "a", "r"]] {
            for part in parts {
                try connection.receive(part)
                connection.wait(part == "a" ? 9 : 0)
            }
            connection.wait(3600)
            #expect(connection.isOpen && connection.refusals == 0)
        }
        try connection.receive("a")
        connection.wait(10)
        #expect(!connection.isOpen && connection.refusals == 1)
    }
}
