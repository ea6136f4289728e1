/// What a configuration names issuers by: one URL, or a pattern of many.
package enum IssuerName: Hashable, Sendable {
    case url(String)
    case pattern(String)

    /// The URL or pattern as it is written.
    package var text: String {
        switch self {
        case .url(let text), .pattern(let text): text
        }
    }

    /// The scheme as far as there is one; empty otherwise.
    var scheme: String { Self.scheme(of: text) }

    /// The host without user and port, wildcards included; empty when there is none.
    package var host: String {
        guard let start = text.firstRange(of: "://")?.upperBound else { return "" }
        let authority = text[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        if host.hasPrefix("[") { return String(host.prefix { $0 != "]" }) + "]" }
        return String(host.prefix { $0 != ":" })
    }

    /// The letters, digits, `+`, `-` and `.` before the first colon, if they begin with a letter.
    static func scheme(of text: String) -> String {
        guard let end = text.firstIndex(of: ":") else { return "" }
        let scheme = text[..<end]
        let isScheme = scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        return isScheme && scheme.first?.isLetter == true ? scheme.lowercased() : ""
    }
}
