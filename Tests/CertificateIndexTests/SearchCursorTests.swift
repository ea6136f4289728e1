import OpenSSL
import Testing

@testable import CertificateIndex

@Suite struct SearchCursorTests {
    @Test func `a cursor comes back from its text as it was`() throws {
        var cursor = SearchCursor()
        let logs = (0..<3).map { SHA256Digest(hashing: [UInt8($0)]) }
        for (log, bound) in zip(logs, [0, 7, UInt64.max]) { cursor[log] = bound }
        let read = try #require(SearchCursor(cursor.text))
        #expect(read == cursor && logs.map { read[$0] } == [0, 7, .max])
        #expect(read[SHA256Digest(hashing: [9])] == 0)
        #expect(!read.isAtEnd && SearchCursor().isAtEnd)
    }

    @Test(
        "refuses what is none",
        arguments: ["", "a", "AQ", "Ag", "AQAA", "AQ==", String(repeating: "A", count: 5000)])
    func refused(text: String) {
        #expect(SearchCursor(text) == nil)
    }
}
