import Compression
import Foundation
import Testing

@Suite struct GzipTests {
    /// What the system's own gzip makes of a member.
    private static func decompressed(_ bytes: [UInt8]) throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory.appending(path: "gzip-\(UUID().uuidString)")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        let pipe = Pipe()
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.arguments = ["-dc"]
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return [UInt8](data)
    }

    @Test("TL-18: another program reads back what was compressed", arguments: [0, 1, 1000, 1 << 20])
    func roundTrip(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) }
        let compressed = try Gzip.compress(bytes)
        #expect(compressed.starts(with: [0x1F, 0x8B, 8]))
        #expect(try Self.decompressed(compressed) == bytes)
        #expect(try Gzip.compress(bytes) == compressed)
    }

    @Test func `what does not get smaller is still read back`() throws {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(try Self.decompressed(try Gzip.compress(bytes)) == bytes)
    }
}
