internal import StrictJSON

/// Median, least and greatest of some measurements.
struct Statistics: Hashable, Sendable {
    let median: Double
    let least: Double
    let greatest: Double

    /// Of one or more values; of none, zeros.
    init(_ values: [Double]) {
        let sorted = values.sorted()
        (least, greatest) = (sorted.first ?? 0, sorted.last ?? 0)
        let middle = sorted.count / 2
        switch sorted.count {
        case 0: median = 0
        case let count where count.isMultiple(of: 2): median = (sorted[middle - 1] + sorted[middle]) / 2
        default: median = sorted[middle]
        }
    }

    /// Seconds in microseconds for people.
    var microseconds: String {
        [median, least, greatest].map { Self.rounded($0 * 1e6) }.withUnits
    }

    /// Small numbers with three decimals for people.
    var thousandths: String {
        [median, least, greatest].map { "\(($0 * 1000).rounded() / 1000)" }.withUnits
    }

    /// The three figures by name.
    var json: JSONValue {
        ["median": .real(median), "min": .real(least), "max": .real(greatest)]
    }

    private static func rounded(_ value: Double) -> String {
        value < 100 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
    }
}

extension [String] {
    /// Median and range, padded so that lines align.
    fileprivate var withUnits: String {
        guard count == 3 else { return joined(separator: " ") }
        let median = String(repeating: " ", count: Swift.max(0, 7 - self[0].count)) + self[0]
        return "\(median) (\(self[1]) to \(self[2]))"
    }
}
