import Identity

extension FuzzEntry {
    /// A pattern of issuers on the first line and an issuer on the second, against a slower matcher.
    static let issuerPattern = FuzzEntry(
        "issuerPattern",
        seeds: {
            [
                "https://oidc.eks.*.amazonaws.com/id/*\nhttps://oidc.eks.us-west-2.amazonaws.com/id/B02C9",
                "https://*.example.com\nhttps://a.example.com", "http://localhost/*\nhttp://localhost/x",
            ].map { Array($0.utf8) }
        }
    ) { bytes in
        let lines = bytes.split(separator: 0x0A, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
        guard let pattern = IssuerPattern(lines.first ?? "") else { throw Refused() }
        let issuer = lines.count > 1 ? lines[1] : ""
        _ = pattern.mayOverlap(pattern)
        let isMatch = pattern.matches(issuer)
        guard isMatch == matches(Array(pattern.text.utf8), Array(issuer.utf8)) else { return "the matchers disagree" }
        guard isMatch else { return nil }
        return issuer.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? nil : "an issuer that is no URL matches"
    }

    /// Whether a whole text matches, by the table of all prefixes of both.
    private static func matches(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        var reached = [true] + [Bool](repeating: false, count: text.count)
        for byte in pattern {
            var next = [Bool](repeating: false, count: text.count + 1)
            for (index, letter) in text.enumerated() {
                let isFit = byte == UInt8(ascii: "*") ? isWildcard(letter) : letter == byte
                let mayStay = byte == UInt8(ascii: "*") && next[index]
                next[index + 1] = isFit && (reached[index] || mayStay)
            }
            reached = next
        }
        return reached.last ?? false
    }

    private static func isWildcard(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
