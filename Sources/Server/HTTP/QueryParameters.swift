internal import OpenSSL

/// The parameters of a query string, each at most once (transparency-log 1.3.2).
struct QueryParameters {
    /// A parameter that is missing, repeated or of another form.
    struct Malformed: Error, CustomStringConvertible {
        let name: String
        let expected: String

        var description: String { "parameter \(name) must be given once: \(expected)" }
    }

    private let values: [String: [[UInt8]]]

    /// Splits and decodes a query string; throws for an invalid percent escape.
    ///
    /// A plus sign stays one.
    init(_ query: String) throws(Malformed) {
        var values: [String: [[UInt8]]] = [:]
        for pair in query.split(separator: "&").prefix(64) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard let value = PercentEncoding.decode((parts.count > 1 ? parts[1] : "").utf8) else {
                throw Malformed(name: "of the query", expected: "valid percent escapes")
            }
            values[name, default: []].append(value)
        }
        self.values = values
    }

    /// The octets of a parameter.
    func text(_ name: String) throws(Malformed) -> [UInt8] {
        guard let found = values[name], found.count == 1 else { throw Malformed(name: name, expected: "a value") }
        return found[0]
    }

    /// A number of ASCII digits that fits 63 bits; leading zeros do not matter.
    func number(_ name: String) throws(Malformed) -> UInt64 {
        let expected = "a number of decimal digits below 2^63"
        guard let digits = values[name], digits.count == 1, !digits[0].isEmpty,
            digits[0].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = UInt64(String(decoding: digits[0], as: UTF8.self)), number < 1 << 63
        else { throw Malformed(name: name, expected: expected) }
        return number
    }
}
