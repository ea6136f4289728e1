import Foundation
import Logging
import OpenSSL
import Testing

@testable import Server

@Suite struct LineLogHandlerTests {
    private static let time = Timestamp(seconds: 1_800_000_000)

    private static func object(_ line: [UInt8]) throws -> [String: String] {
        try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: String])
    }

    @Test("OPS-08: a line of prod is JSON with severity and message, and no field replaces those")
    func json() throws {
        let line = LineLogHandler.line(
            .json, .warning, "refused", [("code", "InvalidArgument"), ("message", "of the client")], at: Self.time)
        let object = try Self.object(line)
        #expect(
            object == [
                "time": "2027-01-15T08:00:00Z", "severity": "warn", "message": "refused", "code": "InvalidArgument",
                "_message": "of the client",
            ])
    }

    @Test("reliability section 3: a line has at most 8 KiB, and what was cut is marked", arguments: [1, 5, 40])
    func limit(count: Int) throws {
        for filler in ["x", "\u{1}", "\u{2028}", "é"] {
            let fields = (0..<count).map { ("f\($0)", String(repeating: filler, count: 20_000)) }
            for format in [LineLogHandler.Format.json, .text] {
                let line = LineLogHandler.line(format, .error, "m", fields, at: Self.time)
                #expect(line.count < LineLogHandler.maximumLineByteCount)
                #expect(String(decoding: line, as: UTF8.self).contains("…"))
                #expect(!line.contains { $0 < 0x20 || $0 == 0x7F })
            }
            let object = try Self.object(LineLogHandler.line(.json, .error, "m", fields, at: Self.time))
            #expect(object.count == count + 3)
        }
    }

    @Test("R-57 R-46: nothing in a line can end it or steer a terminal")
    func escaping() throws {
        let hostile = "a\nb\r\u{1B}[31m\u{7F}\u{85}\u{9B}\u{2028}\u{202E}\u{E0001}é😀"
        let line = LineLogHandler.line(.json, .error, hostile, [("x", hostile)], at: Self.time)
        #expect(try Self.object(line)["x"] == hostile)
        for format in [LineLogHandler.Format.json, .text] {
            let text = String(
                decoding: LineLogHandler.line(format, .error, hostile, [("x", hostile)], at: Self.time), as: UTF8.self)
            #expect(
                !text.unicodeScalars.contains {
                    [.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
                })
            #expect(text.contains("é😀"))
        }
    }

    @Test("8.4: the types have their levels")
    func levels() {
        #expect(LineLogHandler(type: .dev).logLevel == .debug)
        #expect(LineLogHandler(type: .prod).logLevel == .info)
    }
}

@Suite struct RequestIDTests {
    @Test(
        "1.8: a client's identifier is kept as far as it can be printed, at most 128 characters",
        arguments: [
            ("abc-1", "abc-1"), ("a\nb\u{7F}c d", "abcd"), ("\u{e9}x", "x"),
            (String(repeating: "a", count: 200), String(repeating: "a", count: 128)),
        ])
    func taken(header: String, id: String) {
        #expect(RequestID.of(header) == id)
    }

    @Test("1.8: without one there is one of ours, and never the same twice")
    func generated() {
        let made = [RequestID.of(nil), RequestID.of(""), RequestID.of("\u{1}"), RequestID.next()]
        #expect(Set(made).count == made.count)
        #expect(!made.contains(""))
    }

    @Test("8.4: codes have their names, and only those that the client caused are warnings")
    func codes() {
        #expect(APIStatus.Code.invalidArgument.name == "InvalidArgument")
        #expect(APIStatus.Code.internalError.name == "Internal")
        #expect(APIStatus.Code.unimplemented.name == "Unimplemented")
        #expect(APIStatus.Code.invalidArgument.isClientCaused && APIStatus.Code.notFound.isClientCaused)
        #expect(!APIStatus.Code.internalError.isClientCaused && !APIStatus.Code.unavailable.isClientCaused)
    }
}
