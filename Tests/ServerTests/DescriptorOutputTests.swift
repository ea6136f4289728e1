import Foundation
import Testing

@testable import Server

@Suite struct DescriptorOutputTests {
    @Test func `more than fits into one call arrives whole and in order`() async throws {
        let pipe = Pipe()
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 251) }
        let (reader, writer) = (pipe.fileHandleForReading, pipe.fileHandleForWriting)
        async let read = Task.detached { try reader.readToEnd() }.value
        let isWritten = DescriptorOutput.write(bytes, to: writer.fileDescriptor)
        try writer.close()
        #expect(try await read.map(Array.init) == bytes && isWritten)
    }

    @Test func `what cannot be written is told`() {
        #expect(!DescriptorOutput.write([1], to: -1))
    }
}
