import NIOCore
@testable import Server
import Testing

@Suite struct GRPCMessageTests {
    private static let limit: [UInt8] = [0, 0, 0x40, 0, 0]

    @Test(
        "octets that may begin one message pass",
        arguments: [[], [0], [0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 2, 1], [0, 0, 0, 0, 2, 1, 2], limit])
    func beginnings(octets: [UInt8]) throws {
        try GRPCMessage.check(octets)
    }

    @Test(
        "R-22: everything else has its code",
        arguments: [
            ([1], .unimplemented), ([1, 0, 0, 0, 0], .unimplemented), ([2], .internalError), ([255], .internalError),
            ([0, 0, 0x40, 0, 1], .resourceExhausted), ([0, 255, 255, 255, 255], .resourceExhausted),
            ([0, 0, 0, 0, 0, 0], .unimplemented), ([0, 0, 0, 0, 1, 7, 7], .unimplemented),
        ] as [([UInt8], APIStatus.Code)])
    func refusals(octets: [UInt8], code: APIStatus.Code) {
        #expect { try GRPCMessage.check(octets) } throws: { ($0 as? APIStatus)?.code == code }
    }

    @Test("API-16: the message above the limit is refused in the words of the original")
    func words() {
        #expect(throws: APIStatus(.resourceExhausted, "grpc: received message larger than max (4200006 vs. 4194304)")) {
            try GRPCMessage.check([0, 0, 0x40, 0x16, 0x46])
        }
    }

    @Test(
        "R-22: a message that is missing or cut off has no content",
        arguments: [([], .unimplemented), ([0, 0], .internalError), ([0, 0, 0, 0, 2, 1], .internalError)]
            as [([UInt8], APIStatus.Code)])
    func incomplete(octets: [UInt8], code: APIStatus.Code) {
        #expect { try GRPCMessage.content(octets) } throws: { ($0 as? APIStatus)?.code == code }
    }

    @Test(arguments: [[], [7], [UInt8](repeating: 9, count: 300)])
    func `what is framed is found again`(message: [UInt8]) throws {
        let octets = Array(GRPCMessage.framed(message).readableBytesView)
        try GRPCMessage.check(octets)
        #expect(try GRPCMessage.content(octets) == message)
    }
}
