extension Timestamp {
    /// A time in UTC with whole seconds, such as `2026-11-23T12:11:58Z` (RFC 3339 §5.6), not before 1970.
    ///
    /// Nil for everything else, leap seconds and offsets among it.
    package init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        let pattern = Array("0000-00-00T00:00:00Z".utf8)
        guard bytes.count == pattern.count else { return nil }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        for (byte, expected) in zip(bytes, pattern) {
            guard expected == UInt8(ascii: "0") ? digits.contains(byte) : byte == expected else { return nil }
        }
        let numbers = text.split { "-T:Z".contains($0) }.compactMap { Int64($0) }
        guard numbers.count == 6, let month = Int(exactly: numbers[1]), let day = Int(exactly: numbers[2]),
            let date = CivilDate(year: numbers[0], month: month, day: day), numbers[3] < 24, numbers[4] < 60,
            numbers[5] < 60,
            let seconds = UInt64(
                exactly: date.daysSinceEpoch * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5])
        else { return nil }
        self.init(seconds: seconds)
    }

    /// The same time of the day in a later month of the calendar in UTC, or on that month's last day if it is shorter.
    ///
    /// Nil beyond the year 9999.
    package func addingMonths(_ count: Int) -> Timestamp? {
        let date = CivilDate(daysSinceEpoch: Int64(clamping: seconds / 86_400))
        let months = date.year * 12 + Int64(date.month - 1 + count)
        let later = (0...3).lazy.compactMap { shorter in
            CivilDate(year: months / 12, month: Int(months % 12) + 1, day: date.day - shorter)
        }.first
        guard let later, let days = UInt64(exactly: later.daysSinceEpoch) else { return nil }
        return Timestamp(seconds: days * 86_400 + seconds % 86_400)
    }

    /// The year in UTC.
    package var year: Int64 { CivilDate(daysSinceEpoch: Int64(clamping: seconds / 86_400)).year }
}
