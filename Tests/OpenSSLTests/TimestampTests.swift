import OpenSSL
import Testing

@Suite struct TimestampTests {
    @Test(
        "writes the calendar of RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (2_147_483_648, "2038-01-19T03:14:08Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] as [(UInt64, String)])
    func calendar(seconds: UInt64, text: String) {
        #expect(Timestamp(seconds: seconds).rfc3339 == text)
    }

    @Test func `sums saturate instead of trapping`() {
        #expect(Timestamp(milliseconds: .max).adding(milliseconds: 1).milliseconds == .max)
        #expect(Timestamp(seconds: .max).milliseconds == .max)
    }

    @Test(
        "what is read of a time in UTC is written the same way",
        arguments: [
            ("2026-11-23T12:11:58Z", true), ("1970-01-01T00:00:00Z", true), ("2028-02-29T23:59:59Z", true),
            ("2027-02-29T00:00:00Z", false), ("2026-11-23T24:00:00Z", false), ("2026-11-23T12:60:00Z", false),
            ("2026-11-23T12:00:60Z", false), ("1969-12-31T23:59:59Z", false), ("2026-11-23 12:11:58Z", false),
            ("2026-11-23T12:11:58", false), ("+026-11-23T12:11:58Z", false),
            ("", false),
        ])
    func rfc3339(text: String, isGood: Bool) {
        #expect(Timestamp(rfc3339: text)?.rfc3339 == (isGood ? text : nil))
    }

    @Test(
        "months are those of the calendar, and a day that is not there is the last one that is",
        arguments: [
            ("2026-11-23T12:11:58Z", 12, "2027-11-23T12:11:58Z"), ("2026-08-31T00:00:00Z", 6, "2027-02-28T00:00:00Z"),
            ("2027-08-31T00:00:00Z", 6, "2028-02-29T00:00:00Z"), ("2026-12-31T23:59:59Z", 6, "2027-06-30T23:59:59Z"),
        ])
    func months(text: String, count: Int, expected: String) {
        #expect(Timestamp(rfc3339: text)?.addingMonths(count)?.rfc3339 == expected)
    }
}
