import OpenSSL
import Testing

@testable import CertificateIndex

@Suite struct SearchCursorTests {
    @Test func `a cursor comes back from its text as it was`() throws {
        var cursor = SearchCursor()
        let logs = (0..<3).map { SHA256Digest(hashing: [UInt8($0)]) }
        for (log, bound) in zip(logs, [0, 7, UInt64.max]) { cursor[log] = bound }
        let read = try #require(SearchCursor(cursor.text))
        #expect(logs.map { read[$0] } == [0, 7, .max] && read.text == cursor.text)
        #expect(read[SHA256Digest(hashing: [9])] == 0)
        #expect(!read.isAtEnd && SearchCursor().isAtEnd)
    }

    @Test func `logs that are done take no room in the text`() throws {
        var cursor = SearchCursor()
        for number in 0..<200 {
            cursor[SHA256Digest(hashing: [UInt8(number)])] = number < 64 ? UInt64(number + 1) : 0
        }
        let read = try #require(SearchCursor(cursor.text))
        #expect(read.bounds == cursor.bounds.filter { $0.value > 0 } && read.bounds.count == 64)
    }

    @Test(
        "refuses what is none",
        arguments: ["", "a", "AQ", "Ag", "AQAA", "AQ==", String(repeating: "A", count: 5000)])
    func refused(text: String) {
        #expect(SearchCursor(text) == nil)
    }
}
