import OpenSSL
import Testing

@testable import CertificateIndex

@Suite struct CertificateQueryTests {
    private func query(_ name: String, _ value: String) throws(QueryMistake) -> CertificateQuery {
        try CertificateQuery(parameters: [(name, value)])
    }

    @Test(
        "reads serial numbers with and without colons and zeros",
        arguments: [("0a:0B", "0a0b"), ("00ff", "ff"), ("0", "00"), ("0000", "00"), ("abc", "0abc"), ("1", "01")])
    func serial(text: String, expected: String) throws {
        #expect(try query("serial", text).serial == expected)
    }

    @Test func `an extension goes by its key in any case, or by its identifier`() throws {
        let wanted = try query("extension", "1.3.6.1.4.1.57264.1.12:a:b").attributes
        #expect(wanted.map(\.text) == ["a:b"] && wanted.map(\.id.dotted) == ["1.3.6.1.4.1.57264.1.12"])
        #expect(try query("extension", "sourcerepositoryuri:a:b").attributes == wanted)
        #expect(try query("extension", "IssuerV2:x").attributes.map(\.id.dotted) == ["1.3.6.1.4.1.57264.1.8"])
    }

    @Test(
        "refuses what it does not understand",
        arguments: [
            ("sans", "x"), ("san", ""), ("serial", ":"), ("serial", "g"), ("spki", "00"), ("since", "now"),
            ("extension", "Subject"), ("extension", "Subject:"), ("extension", ":x"), ("extension", "2.5.29.17:x"),
        ])
    func refused(name: String, value: String) {
        #expect(throws: QueryMistake.self) { try query(name, value) }
    }

    @Test(
        "reads times of RFC 3339",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T01:00:00.5+01:00", 500), ("1970-01-01t00:00:00.0001z", 1),
            ("1969-12-31T23:30:00-00:30", 0), ("2026-11-23T12:11:58Z", 1_795_435_918_000),
            ("2026-11-23T12:11:58.999000Z", 1_795_435_918_999),
        ])
    func times(text: String, milliseconds: UInt64) {
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test(
        "refuses other times",
        arguments: [
            "", "2026-11-23", "2026-11-23T12:11:58", "2026-11-23 12:11:58Z", "2026-02-30T00:00:00Z",
            "2026-11-23T24:00:00Z", "2026-11-23T12:60:00Z", "2026-11-23T12:11:60Z", "2026-11-23T12:11:58.Z",
            "2026-11-23T12:11:58+1:00", "1969-12-31T23:59:59Z", "2026-11-23T12:11:58Zx", "+026-11-23T12:11:58Z",
        ])
    func noTimes(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }
}
