/// What the connections of one run saw.
struct LoadResult: Sendable {
    /// Seconds from when a request was due to the end of its good answer, in no order.
    var seconds: [Double] = []
    /// Seconds from when a request was sent to the end of an answer that asks to come back later, in no order.
    var refusalSeconds: [Double] = []
    /// Answers by status, and errors by kind.
    var outcomes: [String: Int] = [:]

    /// Adds what another connection saw.
    mutating func merge(_ other: LoadResult) {
        seconds += other.seconds
        refusalSeconds += other.refusalSeconds
        outcomes.merge(other.outcomes, uniquingKeysWith: +)
    }

    /// The time within which a share of the good answers came, in seconds; 0 when there was none.
    func percentile(_ share: Double) -> Double {
        Self.percentile(share, of: seconds)
    }

    /// The value that a share of some values do not exceed; 0 when there is none.
    static func percentile(_ share: Double, of values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}
