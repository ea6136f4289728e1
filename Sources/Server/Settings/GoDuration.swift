internal import StrictJSON

/// Lengths of time as Go writes them: `30s`, `1m30s`, `500ms`.
enum GoDuration {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1000), ("µs", 1000), ("μs", 1000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// Reads numbers with units, which are added, or a bare 0; nil for anything else and for what overflows.
    ///
    /// Digits after the sixth behind a point are left out. A sign is not taken.
    static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = Substring(text)
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            guard let part = takePart(&rest) else { return nil }
            let (sum, overflows) = total.addingReportingOverflow(part)
            guard !overflows else { return nil }
            total = sum
        }
        return .nanoseconds(total)
    }

    private static func takePart(_ rest: inout Substring) -> Int64? {
        let whole = takeDigits(&rest)
        var fraction: Substring = ""
        if rest.first == "." {
            rest.removeFirst()
            fraction = takeDigits(&rest)
        }
        guard !whole.isEmpty || !fraction.isEmpty, whole.count <= 12 else { return nil }
        let name = rest.prefix { $0 != "." && !isDigit($0) }
        guard let unit = units.first(where: { $0.name.hasSameBytes(as: String(name)) }) else { return nil }
        rest = rest[name.endIndex...]
        let (product, overflows) = (Int64(whole) ?? 0).multipliedReportingOverflow(by: unit.nanoseconds)
        // At most 999,999 hours' millionths: far below the limit of the type.
        let millionths = Int64((fraction + "000000").prefix(6)) ?? 0
        let (sum, exceeds) = product.addingReportingOverflow(unit.nanoseconds * millionths / 1_000_000)
        return overflows || exceeds ? nil : sum
    }

    private static func takeDigits(_ rest: inout Substring) -> Substring {
        let digits = rest.prefix(while: isDigit)
        rest = rest[digits.endIndex...]
        return digits
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
}
