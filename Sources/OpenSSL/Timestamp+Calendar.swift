/// Times on the calendar in UTC.
extension Timestamp {
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
