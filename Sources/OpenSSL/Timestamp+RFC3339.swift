/// Times in the words of people.
extension Timestamp {
    /// A time such as `2026-11-23T12:11:58Z` or `2026-11-23T13:11:58.25+01:00` (RFC 3339 §5.6).
    ///
    /// A fraction finer than a millisecond counts as the next one. Nil for another form, a day that does not exist, a
    /// leap second, and times before 1970.
    package init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"),
            bytes[4] == UInt8(ascii: "-"), bytes[7] == bytes[4], bytes[13] == UInt8(ascii: ":"), bytes[16] == bytes[13],
            let year = Self.number(bytes[..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), let hour = Self.number(bytes[11..<13]), hour < 24,
            let minute = Self.number(bytes[14..<16]), minute < 60, let second = Self.number(bytes[17..<19]),
            second < 60, let date = CivilDate(year: Int64(year), month: month, day: day)
        else { return nil }
        var rest = bytes[19...]
        guard let fraction = Self.fraction(&rest), let offset = Self.offset(rest) else { return nil }
        let minutes = hour * 60 + minute - offset
        let seconds = date.daysSinceEpoch * 86_400 + Int64(minutes * 60 + second)
        guard seconds >= 0 else { return nil }
        self.init(milliseconds: UInt64(seconds) * 1000 + fraction)
    }

    /// Takes a point with digits off the front; the milliseconds that they make, 0 without a point, nil without digits.
    private static func fraction(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        guard rest.first == UInt8(ascii: ".") else { return 0 }
        let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        rest = rest.dropFirst(digits.count + 1)
        guard !digits.isEmpty, let whole = number(digits.prefix(3)) else { return nil }
        let scaled = UInt64(whole) * [100, 10, 1][min(digits.count, 3) - 1]
        return digits.dropFirst(3).contains { $0 != UInt8(ascii: "0") } ? scaled + 1 : scaled
    }

    /// The minutes that a zone is ahead of UTC.
    private static func offset(_ zone: ArraySlice<UInt8>) -> Int? {
        let bytes = Array(zone)
        if bytes == [UInt8(ascii: "Z")] || bytes == [UInt8(ascii: "z")] { return 0 }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"), let hours = number(bytes[1..<3]), hours < 24,
            let minutes = number(bytes[4..<6]), minutes < 60
        else { return nil }
        switch bytes[0] {
        case UInt8(ascii: "+"): return hours * 60 + minutes
        case UInt8(ascii: "-"): return -(hours * 60 + minutes)
        default: return nil
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}
