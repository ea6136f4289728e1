internal import CertificateIndex
internal import OpenSSL

/// The parameters of a query string in order, names and values decoded.
struct AuditParameters {
    /// Those that were not taken yet.
    private(set) var rest: [(name: String, value: String)] = []

    private static let maximumCount = 64

    /// Splits a query string; throws `QueryMistake` for an invalid escape, for what is not UTF-8 and for too many.
    ///
    /// A plus sign stays one.
    init(_ query: String) throws(QueryMistake) {
        let pairs = query.split(separator: "&")
        guard pairs.count <= Self.maximumCount else { throw QueryMistake("too many parameters") }
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(Self.decoded)
            guard let name = parts.first ?? nil, let value = parts.count > 1 ? parts[1] : "" else {
                throw QueryMistake("the query is not UTF-8 in valid percent escapes")
            }
            rest.append((name, value))
        }
    }

    /// Takes the value of a parameter that may be given once; nil when it is not given.
    mutating func take(_ name: String) throws(QueryMistake) -> String? {
        let values = rest.filter { $0.name == name }.map(\.value)
        guard values.count <= 1 else { throw QueryMistake("parameter \(name) may be given once") }
        rest.removeAll { $0.name == name }
        return values.first
    }

    /// Takes a whole number in a range.
    mutating func takeNumber(_ name: String, _ range: ClosedRange<Int>) throws(QueryMistake) -> Int? {
        guard let text = try take(name) else { return nil }
        guard let number = SettingKind.number(text), range.contains(number) else {
            throw QueryMistake("\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func decoded(_ text: Substring) -> String? {
        PercentEncoding.decode(text.utf8).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
