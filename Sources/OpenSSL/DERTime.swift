/// The two time types of certificates (RFC 5280 §4.1.2.5).
enum DERTime {
    /// Reads a UTCTime or GeneralizedTime in the one form that certificates use: seconds present, ending in `Z`.
    static func read(_ reader: inout DERReader) throws(DERError) -> Timestamp {
        let element = try reader.next()
        let text = Array(reader.bytes[element.content])
        let yearDigits = element.tag == DERTag.utcTime ? 2 : 4
        guard element.tag == DERTag.utcTime || element.tag == DERTag.generalizedTime,
            text.count == yearDigits + 11, text.last == UInt8(ascii: "Z"),
            let year = number(text[..<yearDigits]), let month = number(text[yearDigits..<(yearDigits + 2)]),
            let day = number(text[(yearDigits + 2)..<(yearDigits + 4)]),
            let hour = number(text[(yearDigits + 4)..<(yearDigits + 6)]), hour < 24,
            let minute = number(text[(yearDigits + 6)..<(yearDigits + 8)]), minute < 60,
            let second = number(text[(yearDigits + 8)..<(yearDigits + 10)]), second < 60
        else { throw DERError("malformed time") }
        let fullYear = yearDigits == 4 ? year : year + (year < 50 ? 2000 : 1900)
        guard let date = CivilDate(year: Int64(fullYear), month: month, day: day), date.daysSinceEpoch >= 0 else {
            throw DERError("a day that does not exist, or before 1970")
        }
        let isUTCTimeDue = fullYear < 2050
        guard isUTCTimeDue == (element.tag == DERTag.utcTime) else { throw DERError("time type of another century") }
        return Timestamp(seconds: UInt64(date.daysSinceEpoch) * 86_400 + UInt64(hour * 3600 + minute * 60 + second))
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
